using System.Globalization;
using Viaduct.Abi;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Iommufd;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>What a request is called on a kind of file: the numbers are used again from kind to kind.</summary>
internal static class IoctlNames
{
    private static readonly Dictionary<uint, string> s_container = new()
    {
        [VfioIoctl.VFIO_GET_API_VERSION] = nameof(VfioIoctl.VFIO_GET_API_VERSION),
        [VfioIoctl.VFIO_CHECK_EXTENSION] = nameof(VfioIoctl.VFIO_CHECK_EXTENSION),
        [VfioIoctl.VFIO_SET_IOMMU] = nameof(VfioIoctl.VFIO_SET_IOMMU),
        [VfioIoctl.VFIO_IOMMU_GET_INFO] = nameof(VfioIoctl.VFIO_IOMMU_GET_INFO),
        [VfioIoctl.VFIO_IOMMU_MAP_DMA] = nameof(VfioIoctl.VFIO_IOMMU_MAP_DMA),
        [VfioIoctl.VFIO_IOMMU_UNMAP_DMA] = nameof(VfioIoctl.VFIO_IOMMU_UNMAP_DMA),
        [VfioIoctl.VFIO_IOMMU_DIRTY_PAGES] = nameof(VfioIoctl.VFIO_IOMMU_DIRTY_PAGES),
    };

    // The same numbers mean something else here.
    private static readonly Dictionary<uint, string> s_spaprContainer = new(s_container)
    {
        [VfioIoctl.VFIO_IOMMU_SPAPR_TCE_GET_INFO] = nameof(VfioIoctl.VFIO_IOMMU_SPAPR_TCE_GET_INFO),
        [VfioIoctl.VFIO_IOMMU_ENABLE] = nameof(VfioIoctl.VFIO_IOMMU_ENABLE),
        [VfioIoctl.VFIO_IOMMU_DISABLE] = nameof(VfioIoctl.VFIO_IOMMU_DISABLE),
        [VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY] = nameof(VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY),
        [VfioIoctl.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY] = nameof(VfioIoctl.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY),
        [VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE] = nameof(VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE),
        [VfioIoctl.VFIO_IOMMU_SPAPR_TCE_REMOVE] = nameof(VfioIoctl.VFIO_IOMMU_SPAPR_TCE_REMOVE),
        [VfioIoctl.VFIO_EEH_PE_OP] = nameof(VfioIoctl.VFIO_EEH_PE_OP),
    };

    private static readonly Dictionary<uint, string> s_group = new()
    {
        [VfioIoctl.VFIO_GROUP_GET_STATUS] = nameof(VfioIoctl.VFIO_GROUP_GET_STATUS),
        [VfioIoctl.VFIO_GROUP_SET_CONTAINER] = nameof(VfioIoctl.VFIO_GROUP_SET_CONTAINER),
        [VfioIoctl.VFIO_GROUP_UNSET_CONTAINER] = nameof(VfioIoctl.VFIO_GROUP_UNSET_CONTAINER),
        [VfioIoctl.VFIO_GROUP_GET_DEVICE_FD] = nameof(VfioIoctl.VFIO_GROUP_GET_DEVICE_FD),
    };

    private static readonly Dictionary<uint, string> s_device = new()
    {
        [VfioIoctl.VFIO_DEVICE_GET_INFO] = nameof(VfioIoctl.VFIO_DEVICE_GET_INFO),
        [VfioIoctl.VFIO_DEVICE_GET_REGION_INFO] = nameof(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO),
        [VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO] = nameof(VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO),
        [VfioIoctl.VFIO_DEVICE_SET_IRQS] = nameof(VfioIoctl.VFIO_DEVICE_SET_IRQS),
        [VfioIoctl.VFIO_DEVICE_RESET] = nameof(VfioIoctl.VFIO_DEVICE_RESET),
        [VfioIoctl.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO] = nameof(VfioIoctl.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO),
        [VfioIoctl.VFIO_DEVICE_PCI_HOT_RESET] = nameof(VfioIoctl.VFIO_DEVICE_PCI_HOT_RESET),
        [VfioIoctl.VFIO_DEVICE_IOEVENTFD] = nameof(VfioIoctl.VFIO_DEVICE_IOEVENTFD),
        [VfioIoctl.VFIO_DEVICE_FEATURE] = nameof(VfioIoctl.VFIO_DEVICE_FEATURE),
    };

    private static readonly Dictionary<uint, string> s_cdev = new(s_device)
    {
        [VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD] = nameof(VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD),
        [VfioIoctl.VFIO_DEVICE_ATTACH_IOMMUFD_PT] = nameof(VfioIoctl.VFIO_DEVICE_ATTACH_IOMMUFD_PT),
        [VfioIoctl.VFIO_DEVICE_DETACH_IOMMUFD_PT] = nameof(VfioIoctl.VFIO_DEVICE_DETACH_IOMMUFD_PT),
    };

    private static readonly Dictionary<uint, string> s_iommufd = new()
    {
        [IommufdIoctl.IOMMU_DESTROY] = nameof(IommufdIoctl.IOMMU_DESTROY),
        [IommufdIoctl.IOMMU_IOAS_ALLOC] = nameof(IommufdIoctl.IOMMU_IOAS_ALLOC),
        [IommufdIoctl.IOMMU_IOAS_ALLOW_IOVAS] = nameof(IommufdIoctl.IOMMU_IOAS_ALLOW_IOVAS),
        [IommufdIoctl.IOMMU_IOAS_COPY] = nameof(IommufdIoctl.IOMMU_IOAS_COPY),
        [IommufdIoctl.IOMMU_IOAS_IOVA_RANGES] = nameof(IommufdIoctl.IOMMU_IOAS_IOVA_RANGES),
        [IommufdIoctl.IOMMU_IOAS_MAP] = nameof(IommufdIoctl.IOMMU_IOAS_MAP),
        [IommufdIoctl.IOMMU_IOAS_UNMAP] = nameof(IommufdIoctl.IOMMU_IOAS_UNMAP),
        [IommufdIoctl.IOMMU_OPTION] = nameof(IommufdIoctl.IOMMU_OPTION),
        [IommufdIoctl.IOMMU_VFIO_IOAS] = nameof(IommufdIoctl.IOMMU_VFIO_IOAS),
        [IommufdIoctl.IOMMU_HWPT_ALLOC] = nameof(IommufdIoctl.IOMMU_HWPT_ALLOC),
        [IommufdIoctl.IOMMU_GET_HW_INFO] = nameof(IommufdIoctl.IOMMU_GET_HW_INFO),
        [IommufdIoctl.IOMMU_HWPT_SET_DIRTY_TRACKING] = nameof(IommufdIoctl.IOMMU_HWPT_SET_DIRTY_TRACKING),
        [IommufdIoctl.IOMMU_HWPT_GET_DIRTY_BITMAP] = nameof(IommufdIoctl.IOMMU_HWPT_GET_DIRTY_BITMAP),
        [IommufdIoctl.IOMMU_HWPT_INVALIDATE] = nameof(IommufdIoctl.IOMMU_HWPT_INVALIDATE),
        [IommufdIoctl.IOMMU_FAULT_QUEUE_ALLOC] = nameof(IommufdIoctl.IOMMU_FAULT_QUEUE_ALLOC),
        [IommufdIoctl.IOMMU_IOAS_MAP_FILE] = nameof(IommufdIoctl.IOMMU_IOAS_MAP_FILE),
        [IommufdIoctl.IOMMU_VIOMMU_ALLOC] = nameof(IommufdIoctl.IOMMU_VIOMMU_ALLOC),
        [IommufdIoctl.IOMMU_VDEVICE_ALLOC] = nameof(IommufdIoctl.IOMMU_VDEVICE_ALLOC),
        [IommufdIoctl.IOMMU_IOAS_CHANGE_PROCESS] = nameof(IommufdIoctl.IOMMU_IOAS_CHANGE_PROCESS),
        [IommufdIoctl.IOMMU_VEVENTQ_ALLOC] = nameof(IommufdIoctl.IOMMU_VEVENTQ_ALLOC),
        [IommufdIoctl.IOMMU_HW_QUEUE_ALLOC] = nameof(IommufdIoctl.IOMMU_HW_QUEUE_ALLOC),
        [IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA] = nameof(IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA),
    };

    private static readonly Dictionary<uint, string> s_kvm = new()
    {
        [KvmIoctl.KVM_GET_API_VERSION] = nameof(KvmIoctl.KVM_GET_API_VERSION),
        [KvmIoctl.KVM_CREATE_VM] = nameof(KvmIoctl.KVM_CREATE_VM),
        [KvmIoctl.KVM_CHECK_EXTENSION] = nameof(KvmIoctl.KVM_CHECK_EXTENSION),
        [KvmIoctl.KVM_GET_VCPU_MMAP_SIZE] = nameof(KvmIoctl.KVM_GET_VCPU_MMAP_SIZE),
        [KvmIoctl.KVM_CREATE_VCPU] = nameof(KvmIoctl.KVM_CREATE_VCPU),
        [KvmIoctl.KVM_SET_USER_MEMORY_REGION] = nameof(KvmIoctl.KVM_SET_USER_MEMORY_REGION),
        [KvmIoctl.KVM_ENABLE_CAP] = nameof(KvmIoctl.KVM_ENABLE_CAP),
        [KvmIoctl.KVM_CREATE_SPAPR_TCE] = nameof(KvmIoctl.KVM_CREATE_SPAPR_TCE),
        [KvmIoctl.KVM_CREATE_SPAPR_TCE_64] = nameof(KvmIoctl.KVM_CREATE_SPAPR_TCE_64),
        [KvmIoctl.KVM_CREATE_DEVICE] = nameof(KvmIoctl.KVM_CREATE_DEVICE),
        [KvmIoctl.KVM_SET_DEVICE_ATTR] = nameof(KvmIoctl.KVM_SET_DEVICE_ATTR),
        [KvmIoctl.KVM_GET_DEVICE_ATTR] = nameof(KvmIoctl.KVM_GET_DEVICE_ATTR),
        [KvmIoctl.KVM_HAS_DEVICE_ATTR] = nameof(KvmIoctl.KVM_HAS_DEVICE_ATTR),
    };

    private static readonly Dictionary<uint, string> s_unknown = [];

    /// <summary>The name of a request to a file; null for one of the host's.</summary>
    public static string Of(VfioFile? file, uint command)
    {
        var names = file switch
        {
            ContainerFile { Container.HasTceTables: true } => s_spaprContainer,
            ContainerFile => s_container,
            DeviceFile => s_device,
            CdevFile => s_cdev,
            IommufdFile => s_iommufd,
            _ when IoctlNumber.Type(command) == KvmIoctl.KVMIO => s_kvm,
            _ => s_group,
        };
        if (names.TryGetValue(command, out var name))
        {
            return name;
        }

        // One hostile client must not make us remember four billion names.
        const int Most = 64;
        lock (s_unknown)
        {
            if (!s_unknown.TryGetValue(command, out name))
            {
                name = s_unknown.Count < Most
                    ? string.Create(CultureInfo.InvariantCulture, $"ioctl 0x{command:x}")
                    : "other ioctls";
                if (s_unknown.Count < Most)
                {
                    s_unknown[command] = name;
                }
            }

            return name;
        }
    }
}
