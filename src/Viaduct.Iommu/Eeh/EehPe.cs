using Viaduct.Abi;

namespace Viaduct.Iommu.Eeh;

/// <summary>
/// A partitionable endpoint (struct eeh_pe): what the host bridge cuts off as a whole when a device of it does wrong. While it is frozen,
/// loads answer all ones, stores and DMA go nowhere, until somebody thaws it. arch/powerpc/kernel/eeh.c over OPAL's PHB4;
/// PAPR 2.12, 7.3.11.
/// <para>Operations run under the VFIO core's lock; <see cref="Passes"/> is asked by any thread, without one.</para>
/// </summary>
/// <param name="group">Whose devices these are.</param>
public sealed class EehPe(IommuGroup group)
{
    private const uint TypeBus64 = 1;

    private readonly List<IEehDevice> _devices = [];
    private volatile bool _isMmioFrozen;
    private volatile bool _isConfigBlocked;
    private bool _isDmaFrozen;

    // Taken by the access that it waited for, whichever thread makes it.
    private Injection? _injection;

    /// <summary>A reset is asserted: the kernel lets nobody reach configuration space (EEH_PE_CFG_BLOCKED).</summary>
    public bool IsConfigBlocked => _isConfigBlocked;

    /// <summary>Loads and stores go nowhere.</summary>
    public bool IsMmioFrozen => _isMmioFrozen;

    /// <summary>Transfers go nowhere.</summary>
    public bool IsDmaFrozen => _isDmaFrozen;

    /// <summary>Adds a device. For composition.</summary>
    public void Add(IEehDevice device) => _devices.Add(device);

    /// <summary>A device has gone.</summary>
    public void Remove(IEehDevice device) => _devices.Remove(device);

    /// <summary>An access by the processor, which may be the one that an injected error waits for.</summary>
    /// <param name="access">How.</param>
    /// <param name="address">The bus address; of configuration space none.</param>
    /// <returns>False: it goes nowhere.</returns>
    public bool Passes(EehAccess access, ulong address)
    {
        if (Volatile.Read(ref _injection) is { } injection && injection.Matches(access, address)
            && Interlocked.CompareExchange(ref _injection, null, injection) == injection)
        {
            Freeze();
        }

        return !_isMmioFrozen;
    }

    /// <summary>VFIO_EEH_PE_OP.</summary>
    /// <param name="operation">One of <see cref="VfioEeh"/>.</param>
    /// <returns>Zero or an errno; for VFIO_EEH_PE_GET_STATE a state. EINVAL where there is no such operation.</returns>
    public SysResult Operate(uint operation)
    {
        switch (operation)
        {
            case VfioEeh.VFIO_EEH_PE_DISABLE:
            case VfioEeh.VFIO_EEH_PE_CONFIGURE:
                return SysResult.Success;
            case VfioEeh.VFIO_EEH_PE_ENABLE:
                Thaw();
                return SysResult.Success;
            case VfioEeh.VFIO_EEH_PE_UNFREEZE_IO:
                _isMmioFrozen = false;
                return SysResult.Success;
            case VfioEeh.VFIO_EEH_PE_UNFREEZE_DMA:
                SetDmaFrozen(false);
                return SysResult.Success;
            case VfioEeh.VFIO_EEH_PE_GET_STATE:
                return SysResult.FromValue(State);
            case VfioEeh.VFIO_EEH_PE_RESET_DEACTIVATE:
                Deactivate();
                return SysResult.Success;
            case VfioEeh.VFIO_EEH_PE_RESET_HOT:
            case VfioEeh.VFIO_EEH_PE_RESET_FUNDAMENTAL:
                Reset();
                return SysResult.Success;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>VFIO_EEH_PE_INJECT_ERR: the next access of a kind freezes the endpoint.</summary>
    /// <param name="error">Which.</param>
    /// <returns>Zero; EINVAL for a function that there is not, ERANGE for a type that there is not, EIO for what the bridge cannot: ports,
    /// DMA, and memory that is no device's.</returns>
    public SysResult Inject(in VfioEehPeErr error)
    {
        if (error.Func > (uint)EehFunction.DmaWriteTarget)
        {
            return Errno.EINVAL;
        }

        if (error.Type > TypeBus64)
        {
            return Errno.ERANGE;
        }

        if (Injection.AccessOf((EehFunction)error.Func) is not { } access)
        {
            return Errno.EIO;
        }

        var address = error.Addr;
        var isMemory = access is EehAccess.LoadMemory or EehAccess.StoreMemory;
        if (isMemory && ((error.Type != TypeBus64 && address > uint.MaxValue) || !_devices.Exists(device => device.HasMemory(address))))
        {
            return Errno.EIO;
        }

        Volatile.Write(ref _injection, new Injection(access, address, isMemory ? error.Mask : 0));
        return SysResult.Success;
    }

    /// <summary>A device of it is opened or closed: whoever had it before, it works (eeh_pe_change_owner).</summary>
    public void ChangeOwner()
    {
        Volatile.Write(ref _injection, null);
        Thaw();
    }

    /// <summary>eeh_pe_get_state.</summary>
    private uint State => (_isMmioFrozen, _isDmaFrozen) switch
    {
        (false, false) => VfioEeh.VFIO_EEH_PE_STATE_NORMAL,
        (true, true) => VfioEeh.VFIO_EEH_PE_STATE_STOPPED,
        (false, true) => VfioEeh.VFIO_EEH_PE_STATE_STOPPED_DMA,
        (true, false) => VfioEeh.VFIO_EEH_PE_STATE_UNAVAIL,
    };

    private void Freeze()
    {
        _isMmioFrozen = true;
        SetDmaFrozen(true);
    }

    private void Thaw()
    {
        _isMmioFrozen = false;
        SetDmaFrozen(false);
    }

    private void SetDmaFrozen(bool isFrozen)
    {
        _isDmaFrozen = isFrozen;
        group.IsDmaBlocked = isFrozen;
    }

    private void Reset()
    {
        Freeze();
        _isConfigBlocked = true;
        group.AddressSpace?.WaitForTransfers();
        foreach (var device in _devices)
        {
            device.AssertReset();
        }
    }

    private void Deactivate()
    {
        _isConfigBlocked = false;
        foreach (var device in _devices)
        {
            device.Restore();
        }

        Thaw();
    }

    private sealed record Injection(EehAccess Access, ulong Address, ulong Mask)
    {
        public static EehAccess? AccessOf(EehFunction function) => function switch
        {
            EehFunction.LoadMemoryAddress or EehFunction.LoadMemoryData => EehAccess.LoadMemory,
            EehFunction.StoreMemoryAddress or EehFunction.StoreMemoryData => EehAccess.StoreMemory,
            EehFunction.LoadConfigAddress or EehFunction.LoadConfigData => EehAccess.LoadConfig,
            EehFunction.StoreConfigAddress or EehFunction.StoreConfigData => EehAccess.StoreConfig,
            _ => null,
        };

        public bool Matches(EehAccess access, ulong address) => access == Access && ((address ^ Address) & Mask) == 0;
    }
}
