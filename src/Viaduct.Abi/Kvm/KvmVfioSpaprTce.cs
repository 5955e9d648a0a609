using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct kvm_vfio_spapr_tce, kvm.h: data of KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmVfioSpaprTce
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>File descriptor of the VFIO group.</summary>
    public int Groupfd;

    /// <summary>File descriptor of the TCE table.</summary>
    public int Tablefd;
}
