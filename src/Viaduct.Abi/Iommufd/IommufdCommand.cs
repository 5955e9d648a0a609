namespace Viaduct.Abi;

/// <summary>Command numbers of iommufd.h: the low byte of a request.</summary>
public static class IommufdCommand
{
    /// <summary>The first.</summary>
    public const uint IOMMUFD_CMD_BASE = 0x80;

    /// <summary><see cref="IommufdIoctl.IOMMU_DESTROY"/>.</summary>
    public const uint IOMMUFD_CMD_DESTROY = 0x80;

    /// <summary><see cref="IommufdIoctl.IOMMU_IOAS_ALLOC"/>.</summary>
    public const uint IOMMUFD_CMD_IOAS_ALLOC = 0x81;

    /// <summary><see cref="IommufdIoctl.IOMMU_IOAS_ALLOW_IOVAS"/>.</summary>
    public const uint IOMMUFD_CMD_IOAS_ALLOW_IOVAS = 0x82;

    /// <summary><see cref="IommufdIoctl.IOMMU_IOAS_COPY"/>.</summary>
    public const uint IOMMUFD_CMD_IOAS_COPY = 0x83;

    /// <summary><see cref="IommufdIoctl.IOMMU_IOAS_IOVA_RANGES"/>.</summary>
    public const uint IOMMUFD_CMD_IOAS_IOVA_RANGES = 0x84;

    /// <summary><see cref="IommufdIoctl.IOMMU_IOAS_MAP"/>.</summary>
    public const uint IOMMUFD_CMD_IOAS_MAP = 0x85;

    /// <summary><see cref="IommufdIoctl.IOMMU_IOAS_UNMAP"/>.</summary>
    public const uint IOMMUFD_CMD_IOAS_UNMAP = 0x86;

    /// <summary><see cref="IommufdIoctl.IOMMU_OPTION"/>.</summary>
    public const uint IOMMUFD_CMD_OPTION = 0x87;

    /// <summary><see cref="IommufdIoctl.IOMMU_VFIO_IOAS"/>.</summary>
    public const uint IOMMUFD_CMD_VFIO_IOAS = 0x88;

    /// <summary><see cref="IommufdIoctl.IOMMU_HWPT_ALLOC"/>.</summary>
    public const uint IOMMUFD_CMD_HWPT_ALLOC = 0x89;

    /// <summary><see cref="IommufdIoctl.IOMMU_GET_HW_INFO"/>.</summary>
    public const uint IOMMUFD_CMD_GET_HW_INFO = 0x8A;

    /// <summary><see cref="IommufdIoctl.IOMMU_HWPT_SET_DIRTY_TRACKING"/>.</summary>
    public const uint IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING = 0x8B;

    /// <summary><see cref="IommufdIoctl.IOMMU_HWPT_GET_DIRTY_BITMAP"/>.</summary>
    public const uint IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP = 0x8C;

    /// <summary><see cref="IommufdIoctl.IOMMU_HWPT_INVALIDATE"/>.</summary>
    public const uint IOMMUFD_CMD_HWPT_INVALIDATE = 0x8D;

    /// <summary><see cref="IommufdIoctl.IOMMU_FAULT_QUEUE_ALLOC"/>.</summary>
    public const uint IOMMUFD_CMD_FAULT_QUEUE_ALLOC = 0x8E;

    /// <summary><see cref="IommufdIoctl.IOMMU_IOAS_MAP_FILE"/>.</summary>
    public const uint IOMMUFD_CMD_IOAS_MAP_FILE = 0x8F;

    /// <summary><see cref="IommufdIoctl.IOMMU_VIOMMU_ALLOC"/>.</summary>
    public const uint IOMMUFD_CMD_VIOMMU_ALLOC = 0x90;

    /// <summary><see cref="IommufdIoctl.IOMMU_VDEVICE_ALLOC"/>.</summary>
    public const uint IOMMUFD_CMD_VDEVICE_ALLOC = 0x91;

    /// <summary><see cref="IommufdIoctl.IOMMU_IOAS_CHANGE_PROCESS"/>.</summary>
    public const uint IOMMUFD_CMD_IOAS_CHANGE_PROCESS = 0x92;

    /// <summary><see cref="IommufdIoctl.IOMMU_VEVENTQ_ALLOC"/>.</summary>
    public const uint IOMMUFD_CMD_VEVENTQ_ALLOC = 0x93;

    /// <summary><see cref="IommufdIoctl.IOMMU_HW_QUEUE_ALLOC"/>.</summary>
    public const uint IOMMUFD_CMD_HW_QUEUE_ALLOC = 0x94;

    /// <summary><see cref="IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA"/>.</summary>
    public const uint IOMMUFD_CMD_IOAS_NOIOMMU_GET_PA = 0x95;
}
