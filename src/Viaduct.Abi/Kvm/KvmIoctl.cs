namespace Viaduct.Abi;

/// <summary>ioctl request numbers of kvm.h that concern VFIO, in the asm-generic encoding. POWER encodes them as
/// <see cref="IoctlNumber.ToPowerPc"/> says.</summary>
public static class KvmIoctl
{
    /// <summary>Type byte.</summary>
    public const uint KVMIO = 0xAE;

    /// <summary>/dev/kvm: the API version, 12.</summary>
    public const uint KVM_GET_API_VERSION = 0xAE00;

    /// <summary>/dev/kvm: make a VM; returns its file descriptor.</summary>
    public const uint KVM_CREATE_VM = 0xAE01;

    /// <summary>/dev/kvm or VM: whether a capability of <see cref="KvmCapability"/> is there.</summary>
    public const uint KVM_CHECK_EXTENSION = 0xAE03;

    /// <summary>/dev/kvm: bytes of a virtual processor's shared memory.</summary>
    public const uint KVM_GET_VCPU_MMAP_SIZE = 0xAE04;

    /// <summary>VM: make a virtual processor; returns its file descriptor.</summary>
    public const uint KVM_CREATE_VCPU = 0xAE41;

    /// <summary>VM: make, change or take away a memory slot, <see cref="KvmUserspaceMemoryRegion"/>.</summary>
    public const uint KVM_SET_USER_MEMORY_REGION = 0x4020AE46;

    /// <summary>VM or virtual processor: switch a capability on, <see cref="KvmEnableCap"/>.</summary>
    public const uint KVM_ENABLE_CAP = 0x4068AEA3;

    /// <summary>VM, POWER: make a TCE table with 32-bit window, <see cref="KvmCreateSpaprTce"/>; returns its file
    /// descriptor.</summary>
    public const uint KVM_CREATE_SPAPR_TCE = 0x4010AEA8;

    /// <summary>VM, POWER: make a TCE table, <see cref="KvmCreateSpaprTce64"/>; returns its file
    /// descriptor.</summary>
    public const uint KVM_CREATE_SPAPR_TCE_64 = 0x4020AEA8;

    /// <summary>VM: make an in-kernel device, <see cref="KvmCreateDevice"/>.</summary>
    public const uint KVM_CREATE_DEVICE = 0xC00CAEE0;

    /// <summary>Device: set an attribute, <see cref="KvmDeviceAttr"/>.</summary>
    public const uint KVM_SET_DEVICE_ATTR = 0x4018AEE1;

    /// <summary>Device: get an attribute, <see cref="KvmDeviceAttr"/>.</summary>
    public const uint KVM_GET_DEVICE_ATTR = 0x4018AEE2;

    /// <summary>Device: whether an attribute is there, <see cref="KvmDeviceAttr"/>.</summary>
    public const uint KVM_HAS_DEVICE_ATTR = 0x4018AEE3;
}
