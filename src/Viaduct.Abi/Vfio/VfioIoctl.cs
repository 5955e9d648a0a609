namespace Viaduct.Abi;

/// <summary>ioctl request numbers of vfio.h, in the asm-generic encoding (x86, Arm, RISC-V, s390). Several numbers
/// are shared: which one is meant depends on the file and on the container's IOMMU driver. On POWER the same requests
/// carry <see cref="IoctlNumber.PowerPcNone"/> as well.</summary>
public static class VfioIoctl
{
    /// <summary>Type byte of every request here and of iommufd.h, the character ';'.</summary>
    public const uint VFIO_TYPE = 0x3B;

    /// <summary>Number of the first VFIO request.</summary>
    public const uint VFIO_BASE = 100;

    /// <summary>Container: the API version, which is <see cref="VfioConstants.VFIO_API_VERSION"/>.</summary>
    public const uint VFIO_GET_API_VERSION = 0x3B64;

    /// <summary>Container: whether an extension of <see cref="VfioIommuType"/> is there; the argument is its
    /// number.</summary>
    public const uint VFIO_CHECK_EXTENSION = 0x3B65;

    /// <summary>Container: choose the IOMMU driver; the argument is its <see cref="VfioIommuType"/>.</summary>
    public const uint VFIO_SET_IOMMU = 0x3B66;

    /// <summary>Group: fill a <see cref="VfioGroupStatus"/>.</summary>
    public const uint VFIO_GROUP_GET_STATUS = 0x3B67;

    /// <summary>Group: join the container whose file descriptor (s32) the argument points to.</summary>
    public const uint VFIO_GROUP_SET_CONTAINER = 0x3B68;

    /// <summary>Group: leave the container.</summary>
    public const uint VFIO_GROUP_UNSET_CONTAINER = 0x3B69;

    /// <summary>Group: open the device whose name the argument points to; returns the file descriptor.</summary>
    public const uint VFIO_GROUP_GET_DEVICE_FD = 0x3B6A;

    /// <summary>Device: fill a <see cref="VfioDeviceInfo"/>.</summary>
    public const uint VFIO_DEVICE_GET_INFO = 0x3B6B;

    /// <summary>Device: fill a <see cref="VfioRegionInfo"/>.</summary>
    public const uint VFIO_DEVICE_GET_REGION_INFO = 0x3B6C;

    /// <summary>Device: fill a <see cref="VfioIrqInfo"/>.</summary>
    public const uint VFIO_DEVICE_GET_IRQ_INFO = 0x3B6D;

    /// <summary>Device: act on interrupts as a <see cref="VfioIrqSet"/> and its data say.</summary>
    public const uint VFIO_DEVICE_SET_IRQS = 0x3B6E;

    /// <summary>Device: reset the function; no argument.</summary>
    public const uint VFIO_DEVICE_RESET = 0x3B6F;

    /// <summary>PCI device: list what a bus or slot reset would hit, <see cref="VfioPciHotResetInfo"/>.</summary>
    public const uint VFIO_DEVICE_GET_PCI_HOT_RESET_INFO = 0x3B70;

    /// <summary>PCI device: reset the bus or slot, <see cref="VfioPciHotReset"/>.</summary>
    public const uint VFIO_DEVICE_PCI_HOT_RESET = 0x3B71;

    /// <summary>Mediated display device: describe a plane, <see cref="VfioDeviceGfxPlaneInfo"/>.</summary>
    public const uint VFIO_DEVICE_QUERY_GFX_PLANE = 0x3B72;

    /// <summary>Mediated display device: file descriptor of the dma-buf whose id (u32) the argument points
    /// to.</summary>
    public const uint VFIO_DEVICE_GET_GFX_DMABUF = 0x3B73;

    /// <summary>Device: write a register whenever an eventfd fires, <see cref="VfioDeviceIoeventfd"/>.</summary>
    public const uint VFIO_DEVICE_IOEVENTFD = 0x3B74;

    /// <summary>Device: get, set or probe a feature of <see cref="VfioFeatureId"/>, <see
    /// cref="VfioDeviceFeature"/>.</summary>
    public const uint VFIO_DEVICE_FEATURE = 0x3B75;

    /// <summary>Device cdev: bind to an iommufd, <see cref="VfioDeviceBindIommufd"/>.</summary>
    public const uint VFIO_DEVICE_BIND_IOMMUFD = 0x3B76;

    /// <summary>Device cdev: attach to an IOAS or page table, <see cref="VfioDeviceAttachIommufdPt"/>.</summary>
    public const uint VFIO_DEVICE_ATTACH_IOMMUFD_PT = 0x3B77;

    /// <summary>Device cdev: detach, <see cref="VfioDeviceDetachIommufdPt"/>.</summary>
    public const uint VFIO_DEVICE_DETACH_IOMMUFD_PT = 0x3B78;

    /// <summary>Migration data file: what is still to be copied, <see cref="VfioPrecopyInfo"/>.</summary>
    public const uint VFIO_MIG_GET_PRECOPY_INFO = 0x3B79;

    /// <summary>Type1 container: fill a <see cref="VfioIommuType1Info"/>.</summary>
    public const uint VFIO_IOMMU_GET_INFO = 0x3B70;

    /// <summary>Container: map memory for devices, <see cref="VfioIommuType1DmaMap"/>.</summary>
    public const uint VFIO_IOMMU_MAP_DMA = 0x3B71;

    /// <summary>Container: remove mappings, <see cref="VfioIommuType1DmaUnmap"/>.</summary>
    public const uint VFIO_IOMMU_UNMAP_DMA = 0x3B72;

    /// <summary>sPAPR TCE v1 container: start using the default window; no argument.</summary>
    public const uint VFIO_IOMMU_ENABLE = 0x3B73;

    /// <summary>sPAPR TCE v1 container: stop using it; no argument.</summary>
    public const uint VFIO_IOMMU_DISABLE = 0x3B74;

    /// <summary>Type1 container: dirty page tracking, <see cref="VfioIommuType1DirtyBitmap"/>.</summary>
    public const uint VFIO_IOMMU_DIRTY_PAGES = 0x3B75;

    /// <summary>sPAPR TCE container: fill a <see cref="VfioIommuSpaprTceInfo"/>.</summary>
    public const uint VFIO_IOMMU_SPAPR_TCE_GET_INFO = 0x3B70;

    /// <summary>sPAPR TCE container: an enhanced error handling operation, <see cref="VfioEehPeOp"/>.</summary>
    public const uint VFIO_EEH_PE_OP = 0x3B79;

    /// <summary>sPAPR TCE v2 container: pin memory for later mappings, <see
    /// cref="VfioIommuSpaprRegisterMemory"/>.</summary>
    public const uint VFIO_IOMMU_SPAPR_REGISTER_MEMORY = 0x3B75;

    /// <summary>sPAPR TCE v2 container: undo a registration, <see cref="VfioIommuSpaprRegisterMemory"/>.</summary>
    public const uint VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY = 0x3B76;

    /// <summary>sPAPR TCE v2 container: create a DMA window, <see cref="VfioIommuSpaprTceCreate"/>.</summary>
    public const uint VFIO_IOMMU_SPAPR_TCE_CREATE = 0x3B77;

    /// <summary>sPAPR TCE v2 container: remove a DMA window, <see cref="VfioIommuSpaprTceRemove"/>.</summary>
    public const uint VFIO_IOMMU_SPAPR_TCE_REMOVE = 0x3B78;
}
