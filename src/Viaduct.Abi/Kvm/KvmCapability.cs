namespace Viaduct.Abi;

/// <summary>Capability numbers of kvm.h that concern VFIO.</summary>
public static class KvmCapability
{
    /// <summary>KVM_SET_USER_MEMORY_REGION.</summary>
    public const uint KVM_CAP_USER_MEMORY = 3;

    /// <summary>How many memory slots a VM may have.</summary>
    public const uint KVM_CAP_NR_MEMSLOTS = 10;

    /// <summary>The guest's memory is the client's as it is now, whatever the client maps there.</summary>
    public const uint KVM_CAP_SYNC_MMU = 16;

    /// <summary>Memory slots can be taken away.</summary>
    public const uint KVM_CAP_DESTROY_MEMORY_REGION_WORKS = 21;

    /// <summary>KVM_CREATE_SPAPR_TCE.</summary>
    public const uint KVM_CAP_SPAPR_TCE = 63;

    /// <summary>KVM_CREATE_DEVICE.</summary>
    public const uint KVM_CAP_DEVICE_CTRL = 89;

    /// <summary>H_PUT_TCE_INDIRECT and H_STUFF_TCE in the kernel.</summary>
    public const uint KVM_CAP_SPAPR_MULTITCE = 94;

    /// <summary>Hypercalls can be switched on and off one by one.</summary>
    public const uint KVM_CAP_PPC_ENABLE_HCALL = 104;

    /// <summary>KVM_ENABLE_CAP on a VM.</summary>
    public const uint KVM_CAP_ENABLE_CAP_VM = 98;

    /// <summary>KVM_CHECK_EXTENSION on a VM.</summary>
    public const uint KVM_CAP_CHECK_EXTENSION_VM = 105;

    /// <summary>KVM_CREATE_SPAPR_TCE_64.</summary>
    public const uint KVM_CAP_SPAPR_TCE_64 = 125;

    /// <summary>KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE.</summary>
    public const uint KVM_CAP_SPAPR_TCE_VFIO = 142;
}
