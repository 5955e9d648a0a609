using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct kvm_create_device, kvm.h: KVM_CREATE_DEVICE.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmCreateDevice
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 12;

    /// <summary>KVM_DEV_TYPE_*.</summary>
    public uint Type;

    /// <summary>Out: file descriptor of the device.</summary>
    public uint Fd;

    /// <summary>0 or KVM_CREATE_DEVICE_TEST.</summary>
    public uint Flags;
}
