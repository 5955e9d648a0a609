using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct kvm_userspace_memory_region, kvm.h: KVM_SET_USER_MEMORY_REGION.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmUserspaceMemoryRegion
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 32;

    /// <summary>The slot's number, with that of the address space in the upper half.</summary>
    public uint Slot;

    /// <summary><see cref="KvmMemory"/>.</summary>
    public uint Flags;

    /// <summary>The guest's address of the first byte.</summary>
    public ulong GuestPhysAddr;

    /// <summary>Bytes; zero takes the slot away.</summary>
    public ulong MemorySize;

    /// <summary>The client's address of the first byte.</summary>
    public ulong UserspaceAddr;
}
