namespace Viaduct.Abi;

/// <summary>The KVM-VFIO device of kvm.h: its type, attribute groups and attributes.</summary>
public static class KvmVfio
{
    /// <summary><see cref="KvmCreateDevice.Type"/>.</summary>
    public const uint KVM_DEV_TYPE_VFIO = 4;

    /// <summary><see cref="KvmCreateDevice.Flags"/>: only ask whether the type is there.</summary>
    public const uint KVM_CREATE_DEVICE_TEST = 1;

    /// <summary>Attribute group: VFIO files, groups or devices.</summary>
    public const uint KVM_DEV_VFIO_FILE = 1;

    /// <summary>Attribute: add the file whose descriptor (s32) is at the address.</summary>
    public const uint KVM_DEV_VFIO_FILE_ADD = 1;

    /// <summary>Attribute: remove the file whose descriptor (s32) is at the address.</summary>
    public const uint KVM_DEV_VFIO_FILE_DEL = 2;

    /// <summary>Former name of KVM_DEV_VFIO_FILE.</summary>
    public const uint KVM_DEV_VFIO_GROUP = 1;

    /// <summary>Former name of KVM_DEV_VFIO_FILE_ADD.</summary>
    public const uint KVM_DEV_VFIO_GROUP_ADD = 1;

    /// <summary>Former name of KVM_DEV_VFIO_FILE_DEL.</summary>
    public const uint KVM_DEV_VFIO_GROUP_DEL = 2;

    /// <summary>Attribute, POWER: tie a TCE table to a group, <see cref="KvmVfioSpaprTce"/>.</summary>
    public const uint KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE = 3;
}
