using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct kvm_device_attr, kvm.h: KVM_SET_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_HAS_DEVICE_ATTR.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmDeviceAttr
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Attribute group, of the device's type.</summary>
    public uint Group;

    /// <summary>Attribute, of the group.</summary>
    public ulong Attr;

    /// <summary>Address of the attribute's data.</summary>
    public ulong Addr;
}
