namespace Viaduct.Kvm;

/// <summary>A stretch of guest memory: struct kvm_memory_slot.</summary>
public sealed class MemorySlot
{
    private volatile bool _isGone;

    internal MemorySlot(uint id, uint flags, ulong guestAddress, ulong size, ulong userAddress)
    {
        Id = id;
        Flags = flags;
        GuestAddress = guestAddress;
        Size = size;
        UserAddress = userAddress;
    }

    /// <summary>Its number.</summary>
    public uint Id { get; }

    /// <summary>KVM_MEM_LOG_DIRTY_PAGES or nothing.</summary>
    public uint Flags { get; }

    /// <summary>The guest's address of the first byte; a multiple of the kernel's page.</summary>
    public ulong GuestAddress { get; }

    /// <summary>Bytes, above zero; a multiple of the kernel's page.</summary>
    public ulong Size { get; }

    /// <summary>The client's address of the first byte; a multiple of the kernel's page.</summary>
    public ulong UserAddress { get; }

    /// <summary>It was taken away, moved or changed: who remembers it looks again.</summary>
    internal bool IsGone
    {
        get => _isGone;
        set => _isGone = value;
    }

    /// <summary>The client's address of a guest's.</summary>
    /// <param name="guestAddress">One that it holds.</param>
    public ulong Translate(ulong guestAddress) => UserAddress + (guestAddress - GuestAddress);

    /// <summary>Holds an address.</summary>
    public bool Contains(ulong guestAddress) => guestAddress - GuestAddress < Size;
}
