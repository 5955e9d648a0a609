namespace Viaduct.Abi;

/// <summary>ioctl request numbers of iommufd.h, in the asm-generic encoding; the type byte is VFIO's.</summary>
public static class IommufdIoctl
{
    /// <summary>Type byte, the character ';'.</summary>
    public const uint IOMMUFD_TYPE = 0x3B;

    /// <summary>Destroy an object, <see cref="IommuDestroy"/>.</summary>
    public const uint IOMMU_DESTROY = 0x3B80;

    /// <summary>Make an I/O address space, <see cref="IommuIoasAlloc"/>.</summary>
    public const uint IOMMU_IOAS_ALLOC = 0x3B81;

    /// <summary>Say which IOVAs must stay usable, <see cref="IommuIoasAllowIovas"/>.</summary>
    public const uint IOMMU_IOAS_ALLOW_IOVAS = 0x3B82;

    /// <summary>Copy a mapping, <see cref="IommuIoasCopy"/>.</summary>
    public const uint IOMMU_IOAS_COPY = 0x3B83;

    /// <summary>List usable IOVAs, <see cref="IommuIoasIovaRanges"/>.</summary>
    public const uint IOMMU_IOAS_IOVA_RANGES = 0x3B84;

    /// <summary>Map process memory, <see cref="IommuIoasMap"/>.</summary>
    public const uint IOMMU_IOAS_MAP = 0x3B85;

    /// <summary>Remove mappings, <see cref="IommuIoasUnmap"/>.</summary>
    public const uint IOMMU_IOAS_UNMAP = 0x3B86;

    /// <summary>Get or set an option, <see cref="IommuOption"/>.</summary>
    public const uint IOMMU_OPTION = 0x3B87;

    /// <summary>Choose the address space that VFIO's container requests use, <see cref="IommuVfioIoas"/>.</summary>
    public const uint IOMMU_VFIO_IOAS = 0x3B88;

    /// <summary>Make a page table, <see cref="IommuHwptAlloc"/>.</summary>
    public const uint IOMMU_HWPT_ALLOC = 0x3B89;

    /// <summary>Describe a device's IOMMU, <see cref="IommuHwInfo"/>.</summary>
    public const uint IOMMU_GET_HW_INFO = 0x3B8A;

    /// <summary>Start or stop dirty tracking, <see cref="IommuHwptSetDirtyTracking"/>.</summary>
    public const uint IOMMU_HWPT_SET_DIRTY_TRACKING = 0x3B8B;

    /// <summary>Read dirty bits, <see cref="IommuHwptGetDirtyBitmap"/>.</summary>
    public const uint IOMMU_HWPT_GET_DIRTY_BITMAP = 0x3B8C;

    /// <summary>Invalidate caches of a nested page table, <see cref="IommuHwptInvalidate"/>.</summary>
    public const uint IOMMU_HWPT_INVALIDATE = 0x3B8D;

    /// <summary>Make a fault queue, <see cref="IommuFaultAlloc"/>.</summary>
    public const uint IOMMU_FAULT_QUEUE_ALLOC = 0x3B8E;

    /// <summary>Map a memfd or dma-buf, <see cref="IommuIoasMapFile"/>.</summary>
    public const uint IOMMU_IOAS_MAP_FILE = 0x3B8F;

    /// <summary>Make a virtual IOMMU, <see cref="IommuViommuAlloc"/>.</summary>
    public const uint IOMMU_VIOMMU_ALLOC = 0x3B90;

    /// <summary>Make a virtual device on it, <see cref="IommuVdeviceAlloc"/>.</summary>
    public const uint IOMMU_VDEVICE_ALLOC = 0x3B91;

    /// <summary>Move the memory accounting to the caller, <see cref="IommuIoasChangeProcess"/>.</summary>
    public const uint IOMMU_IOAS_CHANGE_PROCESS = 0x3B92;

    /// <summary>Make a queue of virtual events, <see cref="IommuVeventqAlloc"/>.</summary>
    public const uint IOMMU_VEVENTQ_ALLOC = 0x3B93;

    /// <summary>Give a virtual IOMMU a hardware queue, <see cref="IommuHwQueueAlloc"/>.</summary>
    public const uint IOMMU_HW_QUEUE_ALLOC = 0x3B94;

    /// <summary>Physical address of an IOVA, without an IOMMU, <see cref="IommuIoasNoiommuGetPa"/>.</summary>
    public const uint IOMMU_IOAS_NOIOMMU_GET_PA = 0x3B95;
}
