using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct kvm_create_spapr_tce_64, asm/kvm.h: KVM_CREATE_SPAPR_TCE_64.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmCreateSpaprTce64
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int StructSize = 32;

    /// <summary>Logical bus number of the table.</summary>
    public ulong Liobn;

    /// <summary>Page size, log2 of its bytes.</summary>
    public uint PageShift;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>First page of the window.</summary>
    public ulong Offset;

    /// <summary>Pages of the window.</summary>
    public ulong Size;
}
