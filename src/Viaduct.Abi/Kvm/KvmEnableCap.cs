using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct kvm_enable_cap, kvm.h: KVM_ENABLE_CAP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmEnableCap
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 104;

    /// <summary>A capability of <see cref="KvmCapability"/>.</summary>
    public uint Cap;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>The capability's own; of KVM_CAP_PPC_ENABLE_HCALL the call, and 0 (off) or 1 (on).</summary>
    public UInt64x4 Args;

    /// <summary>Room.</summary>
    public UInt8x64 Pad;
}
