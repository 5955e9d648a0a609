using System.Numerics;
using Viaduct.Iommu;

namespace Viaduct.Pci.Hardware;

/// <summary>
/// A PCI function as a chip: configuration registers, BARs, interrupts, resets. Models derive from it. It is the
/// hardware only; what Linux's vfio-pci makes of it for a client is <c>VfioPciDevice</c>.
/// </summary>
/// <remarks>
/// Lock order: the VFIO core's locks, then <see cref="Gate"/>. DMA and interrupts may be issued with or without the
/// gate; long transfers belong on <see cref="Executor"/> without it.
/// </remarks>
public abstract partial class PciFunction
{
    private readonly PciBar?[] _bars = new PciBar?[6];
    private readonly List<FunctionCapability> _capabilities = [];
    private PowerManagementCapability? _power;
    private MsiCapability? _msi;
    private MsixCapability? _msix;
    private int _nextCapability = PCI_STD_HEADER_SIZEOF;
    private int _lastExtended;
    private int _nextExtended = PCI_CFG_SPACE_SIZE;

    /// <summary>A function after power on, in D0, with nothing decoded.</summary>
    /// <param name="identity">What it says that it is.</param>
    /// <param name="services">What the outside gives it.</param>
    /// <param name="isVirtual">It is a virtual function.</param>
    protected PciFunction(PciIdentity identity, PciServices services, bool isVirtual = false)
    {
        IsVirtual = isVirtual;
        Identity = identity;
        Dma = services.Dma;
        Executor = services.Executor;
        Time = services.Time;
        DeclareHeader();
    }

    /// <summary>Serialises register accesses, configuration writes and resets of this function.</summary>
    public Lock Gate { get; } = new();

    /// <summary>IDs and class.</summary>
    public PciIdentity Identity { get; }

    /// <summary>The six BARs; null where there is none, or where the upper half of a 64-bit one is.</summary>
    public IReadOnlyList<PciBar?> Bars => _bars;

    /// <summary>The capabilities below 256, in the order of the list.</summary>
    public IReadOnlyList<FunctionCapability> Capabilities => _capabilities;

    /// <summary>The function's way to memory.</summary>
    public DmaPort Dma { get; }

    /// <summary>Who hears the function's interrupts; null while nobody does.</summary>
    public IInterruptReceiver? InterruptReceiver { get; set; }

    /// <summary>Bytes of configuration space: 256, or 4096 with a <see cref="PciExpressCapability"/>.</summary>
    public int ConfigSize => Config.Size;

    /// <summary>MSI; null where the function has none.</summary>
    public MsiCapability? Msi => _msi;

    /// <summary>SR-IOV; null where the function can have no virtual ones.</summary>
    public SriovCapability? Sriov { get; private set; }

    /// <summary>It is a virtual function: its IDs read as all ones, its BARs and their enable bit are in the physical function's
    /// capability, and it has no pin (PCIe 5.0, 9.3.4).</summary>
    public bool IsVirtual { get; }

    /// <summary>MSI-X; null where the function has none.</summary>
    public MsixCapability? Msix => _msix;

    /// <summary>The registers of configuration space, for models that have some of their own.</summary>
    protected internal PciConfigSpace Config { get; } = new();

    /// <summary>The function does DMA and sends messages whatever COMMAND.BUS_MASTER says: for models whose clients have no PCI bus of their own and
    /// never set it, such as libvfio-user's sample. A model that an operating system drives leaves it: a system that clears the bit counts on silence.</summary>
    protected bool MastersAlways { get; init; }

    /// <summary>Runs the model's own work.</summary>
    protected IDeviceExecutor Executor { get; }

    /// <summary>The model's time.</summary>
    protected TimeProvider Time { get; }

    /// <summary>Declares a BAR; for the constructors of models.</summary>
    /// <exception cref="ArgumentException">The index is taken or none, the size is no power of two or too small, its memory is
    /// of another size or behind ports, or a doorbell is impossible.</exception>
    protected void AddBar(PciBar bar)
    {
        var isIo = bar.Kind.HasFlag(PciBarKind.Io);
        var is64 = bar.Kind.HasFlag(PciBarKind.Memory64);
        if ((uint)bar.Index > (is64 ? 4u : 5u) || _bars[bar.Index] is not null || IsUpperHalf(bar.Index)
            || (is64 && _bars[bar.Index + 1] is not null))
        {
            throw new ArgumentException($"There is no room for BAR{bar.Index}.", nameof(bar));
        }

        if (!BitOperations.IsPow2(bar.Size) || bar.Size < (isIo ? 4u : 16u) || (!is64 && bar.Size > 1UL << 31))
        {
            throw new ArgumentException($"BAR{bar.Index} cannot have {bar.Size} bytes.", nameof(bar));
        }

        if (bar.Memory is { } memory && (isIo || memory.Size != bar.Size))
        {
            throw new ArgumentException($"BAR{bar.Index} cannot have memory of {memory.Size} bytes.", nameof(bar));
        }

        if (bar.Doorbells.Any(d => !d.IsPossible(bar)) || bar.Doorbells.DistinctBy(d => (d.Offset, d.Width, d.Value)).Count() != bar.Doorbells.Count)
        {
            throw new ArgumentException($"BAR{bar.Index} has a doorbell that cannot be, or twice.", nameof(bar));
        }

        _bars[bar.Index] = bar;
        if (IsVirtual)
        {
            return;
        }

        var at = PCI_BASE_ADDRESS_0 + (4 * bar.Index);
        Config.Declare(at, 4, (uint)bar.Kind, (uint)~(bar.Size - 1) & (isIo ? ~3u : ~0xfu));
        if (is64)
        {
            Config.Declare(at + 4, 4, 0, (uint)(~(bar.Size - 1) >> 32));
        }
    }

    /// <summary>Adds a capability at the end of the list; for the constructors of models.</summary>
    /// <param name="capability">It belongs to this function from here on.</param>
    /// <param name="offset">Where: a multiple of 4 from 0x40; zero for behind the one before.</param>
    /// <returns><paramref name="capability"/>.</returns>
    /// <exception cref="ArgumentException">It does not fit there.</exception>
    protected T AddCapability<T>(T capability, int offset = 0)
        where T : FunctionCapability
    {
        var at = offset == 0 ? _nextCapability : offset;
        if (at < PCI_STD_HEADER_SIZEOF || (at & 3) != 0 || at + capability.Length > PCI_CFG_SPACE_SIZE)
        {
            throw new ArgumentException($"No room for capability {capability.Id:x2} at {at:x2}.", nameof(offset));
        }

        var link = _capabilities.Count == 0 ? PCI_CAPABILITY_LIST : _capabilities[^1].Offset + PCI_CAP_LIST_NEXT;
        Attach(capability, at);
        Config.Declare(link, 1, (uint)at);
        Config.Declare(PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0, StatusErrors);
        return capability;
    }

    /// <summary>Adds a capability that no list leads to yet: for the constructors of models that lay their lists out
    /// themselves. What it declares may lie over what was there.</summary>
    /// <param name="capability">It belongs to this function from here on.</param>
    /// <param name="offset">Where; from 0x40.</param>
    /// <exception cref="ArgumentException">It does not fit there.</exception>
    protected void AttachCapability(FunctionCapability capability, int offset)
    {
        if (offset < PCI_STD_HEADER_SIZEOF || offset + capability.Length > PCI_CFG_SPACE_SIZE)
        {
            throw new ArgumentException($"No room for capability {capability.Id:x2} at {offset:x2}.", nameof(offset));
        }

        Attach(capability, offset);
    }

    /// <summary>Adds an extended capability at the end of the list, behind the one before; for the constructors of
    /// models that have a <see cref="PciExpressCapability"/>.</summary>
    /// <returns>Where it is.</returns>
    /// <exception cref="ArgumentException">It does not fit.</exception>
    protected int AddExtendedCapability(PciExtendedCapability capability)
    {
        var at = _nextExtended;
        if (at + capability.Length > ConfigSize)
        {
            throw new ArgumentException($"No room for extended capability {capability.Id:x4}.", nameof(capability));
        }

        if (_lastExtended != 0)
        {
            Config.Declare(_lastExtended, 4, (Config.Read(_lastExtended, 4) & 0xfffff) | ((uint)at << 20));
        }

        Config.Declare(at, 4, capability.Id | ((uint)capability.Version << 16));
        for (var i = 0; i < capability.Body.Length; i++)
        {
            var mask = capability.Writable is { } writable && i < writable.Length ? writable[i] : (byte)0;
            Config.Declare(at + 4 + i, 1, capability.Body[i], mask);
        }

        _lastExtended = at;
        _nextExtended = (at + capability.Length + 3) & ~3;
        return at;
    }

    /// <summary>Brings the model's own state to what the datasheet says of a reset. The gate is held.</summary>
    protected abstract void OnReset(PciResetKind kind);

    /// <summary>Says what SR-IOV does, whose registers are declared; for the constructors of models.</summary>
    protected void SetSriov(SriovCapability sriov)
    {
        sriov.Place(this);
        Sriov = sriov;
    }

    private void Attach(FunctionCapability capability, int at)
    {
        capability.Place(this, at);
        _capabilities.Add(capability);
        _nextCapability = (at + capability.Length + 3) & ~3;
        switch (capability)
        {
            case PowerManagementCapability power:
                _power = power;
                break;
            case MsiCapability msi:
                _msi = msi;
                break;
            case MsixCapability msix:
                _msix = msix;
                break;
            case PciExpressCapability:
                Config.Size = PCI_CFG_SPACE_EXP_SIZE;
                break;
            default:
                break;
        }
    }

    private bool IsUpperHalf(int index)
        => index > 0 && _bars[index - 1] is { } bar && bar.Kind.HasFlag(PciBarKind.Memory64);

    private void DeclareHeader()
    {
        Config.Declare(PCI_VENDOR_ID, 2, IsVirtual ? ushort.MaxValue : Identity.VendorId);
        Config.Declare(PCI_DEVICE_ID, 2, IsVirtual ? ushort.MaxValue : Identity.DeviceId);
        Config.Declare(PCI_COMMAND, 2, 0, IsVirtual ? PCI_COMMAND_MASTER : (uint)CommandWritable);
        Config.Declare(PCI_STATUS, 2, 0, 0, StatusErrors);
        Config.Declare(PCI_REVISION_ID, 4, (Identity.ClassCode << 8) | Identity.Revision);
        if (!IsVirtual)
        {
            Config.Declare(PCI_CACHE_LINE_SIZE, 1, 0, 0xff);
            Config.Declare(PCI_INTERRUPT_LINE, 1, 0, 0xff);
            Config.Declare(PCI_INTERRUPT_PIN, 1, Identity.InterruptPin);
        }

        Config.Declare(PCI_SUBSYSTEM_VENDOR_ID, 2, Identity.SubsystemVendorId);
        Config.Declare(PCI_SUBSYSTEM_ID, 2, Identity.SubsystemId);
    }
}
