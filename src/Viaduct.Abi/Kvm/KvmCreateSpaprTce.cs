using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct kvm_create_spapr_tce, asm/kvm.h: KVM_CREATE_SPAPR_TCE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmCreateSpaprTce
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Logical bus number of the table.</summary>
    public ulong Liobn;

    /// <summary>Bytes of the window, with 4 KiB pages.</summary>
    public uint WindowSize;
}
