using Viaduct.Abi;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Kvm;

/// <summary>
/// A virtual machine of KVM on POWER, as far as DMA goes: guest memory, TCE tables, the KVM-VFIO device and which hypercalls the kernel answers. It has
/// no processor: whoever runs the guest asks its <see cref="TceHypercalls"/>.
/// It also stands for a machine of the host's KVM (<see cref="Host.HostKvm"/>). Made with one user, and gone with the last one.
/// </summary>
public sealed partial class KvmVm : IVirtualMachine
{
    /// <summary>KVM_CAP_NR_MEMSLOTS.</summary>
    public const uint MaxSlots = MemorySlots.Max;

    private const uint InitialHcalls = (1u << HcallBit.Put) | (1u << HcallBit.Get);

    // kvm->lock and kvm->slots_lock. Taken inside the VFIO core's.
    private readonly Lock _lock = new();
    private readonly MemorySlots _slots;
    private LookupMark[] _marks = [];

    // The last one made first; replaced whole.
    private volatile GuestTceTable[] _tables = [];
    private volatile uint _hcalls = InitialHcalls;
    private KvmVfioDevice? _vfioDevice;
    private int _users = 1;

    /// <summary>KVM_CREATE_VM.</summary>
    /// <param name="memory">The address space of who makes it.</param>
    /// <param name="kernelPageShift">log2 of the kernel's pages, 12 or 16.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no kernel with such pages.</exception>
    public KvmVm(ClientMemory memory, int kernelPageShift)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (kernelPageShift is not (12 or 16))
        {
            throw new ArgumentOutOfRangeException(nameof(kernelPageShift), kernelPageShift, "POWER's kernels have pages of 4 or 64 KiB.");
        }

        Memory = memory;
        KernelPageShift = kernelPageShift;
        Registered = RegisteredMemory.Of(memory);
        _slots = new MemorySlots(kernelPageShift);
    }

    /// <inheritdoc/>
    public ClientMemory Memory { get; }

    /// <summary>log2 of the kernel's pages.</summary>
    public int KernelPageShift { get; }

    /// <summary>Its kernel has tables of TCEs; otherwise its KVM-VFIO device has no KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE.</summary>
    public bool HasTceTables { get; init; } = true;

    /// <summary>Hears that the last user has gone, on that user's thread.</summary>
    internal Action<KvmVm>? Gone { get; init; }

    /// <summary>What of <see cref="Memory"/> may be mapped for DMA.</summary>
    public RegisteredMemory Registered { get; }

    /// <summary>The memory slots now, by guest address.</summary>
    public IReadOnlyList<MemorySlot> Slots => _slots.All;

    /// <summary>The TCE tables now.</summary>
    public IReadOnlyList<GuestTceTable> Tables => _tables;

    internal GuestTceTable[] TableArray => _tables;

    /// <summary>KVM_SET_USER_MEMORY_REGION. When it returns, no hypercall finds a slot that was taken away.</summary>
    /// <returns>Zero; EINVAL; EEXIST where it would overlap another slot.</returns>
    public SysResult SetUserMemoryRegion(in KvmUserspaceMemoryRegion region)
    {
        lock (_lock)
        {
            var result = _slots.Set(region, out var replaced);
            if (replaced is not null)
            {
                LookupMark.Synchronize(_marks);
            }

            return result;
        }
    }

    /// <summary>kvmppc_tce_to_ua: the client's address of a guest's.</summary>
    /// <param name="guestAddress">The guest's.</param>
    /// <param name="userAddress">The client's.</param>
    /// <returns>False where the guest has no memory there.</returns>
    public bool TryFindUserAddress(ulong guestAddress, out ulong userAddress)
    {
        var slot = _slots.Find(guestAddress);
        userAddress = slot is null ? 0 : slot.UserAddress + (guestAddress - slot.GuestAddress);
        return slot is not null;
    }

    /// <summary>KVM_CAP_PPC_ENABLE_HCALL: switches a hypercall on or off. H_PUT_TCE and H_GET_TCE are on at first, the other two off.</summary>
    /// <param name="number">One of <see cref="Hcall"/>.</param>
    /// <param name="enable">0 off, 1 on.</param>
    /// <returns>Zero or EINVAL.</returns>
    public SysResult EnableHcall(ulong number, ulong enable)
    {
        if (enable > 1 || HcallBit.Of(number) is not { } bit)
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            _hcalls = (_hcalls & ~(1u << bit)) | ((uint)enable << bit);
            LookupMark.Change(_marks);
        }

        return SysResult.Success;
    }

    /// <summary>KVM_CREATE_DEVICE of KVM_DEV_TYPE_VFIO.</summary>
    /// <param name="device">The device, a user of the machine until it is released.</param>
    /// <returns>Zero; EBUSY where there is one.</returns>
    public SysResult CreateVfioDevice(out KvmVfioDevice? device)
    {
        lock (_lock)
        {
            device = null;
            if (_vfioDevice is not null)
            {
                return Errno.EBUSY;
            }

            Get();
            _vfioDevice = device = new KvmVfioDevice(this);
            return SysResult.Success;
        }
    }

    internal void Forget(KvmVfioDevice device)
    {
        lock (_lock)
        {
            _vfioDevice = _vfioDevice == device ? null : _vfioDevice;
        }
    }

    internal bool IsEnabled(int bit) => (_hcalls >> bit & 1) != 0;

    internal MemorySlot? FindSlot(ulong guestAddress) => _slots.Find(guestAddress);

    /// <summary>kvm_get_kvm.</summary>
    internal void Get() => Interlocked.Increment(ref _users);

    /// <summary>kvm_get_kvm_safe: false where the last user has gone.</summary>
    internal bool TryGet()
    {
        for (var users = Volatile.Read(ref _users); users > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    /// <summary>kvm_put_kvm: one user less. Whoever made the machine calls it once, and must not use it afterwards.</summary>
    public void Put()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Gone?.Invoke(this);
        }
    }

    /// <summary>Nobody has it any more.</summary>
    public bool IsGone => Volatile.Read(ref _users) <= 0;

    /// <summary>A virtual processor looks things up.</summary>
    internal void Add(LookupMark mark)
    {
        Get();
        Registered.Add(mark);
        lock (_lock)
        {
            _marks = [.. _marks, mark];
        }
    }

    internal void Remove(LookupMark mark)
    {
        lock (_lock)
        {
            _marks = [.. _marks.Where(other => other != mark)];
        }

        Registered.Remove(mark);
        Put();
    }
}
