namespace Viaduct.Abi;

/// <summary>Constants of vfio.h that are neither request numbers nor flags.</summary>
public static class VfioConstants
{
    /// <summary>What VFIO_GET_API_VERSION answers.</summary>
    public const uint VFIO_API_VERSION = 0;

    /// <summary>A mediated device's device_api where it is a PCI device.</summary>
    public const string VFIO_DEVICE_API_PCI_STRING = "vfio-pci";

    /// <summary>A mediated device's device_api where it is a platform device.</summary>
    public const string VFIO_DEVICE_API_PLATFORM_STRING = "vfio-platform";

    /// <summary>A mediated device's device_api where it is an AMBA device.</summary>
    public const string VFIO_DEVICE_API_AMBA_STRING = "vfio-amba";

    /// <summary>A mediated device's device_api where it is a channel I/O device.</summary>
    public const string VFIO_DEVICE_API_CCW_STRING = "vfio-ccw";

    /// <summary>A mediated device's device_api where it is an adjunct processor.</summary>
    public const string VFIO_DEVICE_API_AP_STRING = "vfio-ap";

    /// <summary>Device info capability: zPCI base.</summary>
    public const ushort VFIO_DEVICE_INFO_CAP_ZPCI_BASE = 1;

    /// <summary>Device info capability: zPCI group.</summary>
    public const ushort VFIO_DEVICE_INFO_CAP_ZPCI_GROUP = 2;

    /// <summary>Device info capability: zPCI utility string.</summary>
    public const ushort VFIO_DEVICE_INFO_CAP_ZPCI_UTIL = 3;

    /// <summary>Device info capability: zPCI function path.</summary>
    public const ushort VFIO_DEVICE_INFO_CAP_ZPCI_PFIP = 4;

    /// <summary>Device info capability: <see cref="VfioDeviceInfoCapPciAtomicComp"/>.</summary>
    public const ushort VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP = 5;

    /// <summary>Region info capability: <see cref="VfioRegionInfoCapSparseMmap"/>.</summary>
    public const ushort VFIO_REGION_INFO_CAP_SPARSE_MMAP = 1;

    /// <summary>Region info capability: <see cref="VfioRegionInfoCapType"/>.</summary>
    public const ushort VFIO_REGION_INFO_CAP_TYPE = 2;

    /// <summary>Region info capability without a body: the page of the MSI-X table can be mapped.</summary>
    public const ushort VFIO_REGION_INFO_CAP_MSIX_MAPPABLE = 3;

    /// <summary>Region info capability, no longer made: <see cref="VfioRegionInfoCapNvlink2Ssatgt"/>.</summary>
    public const ushort VFIO_REGION_INFO_CAP_NVLINK2_SSATGT = 4;

    /// <summary>Region info capability, no longer made: <see cref="VfioRegionInfoCapNvlink2Lnkspd"/>.</summary>
    public const ushort VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD = 5;

    /// <summary>Set in a region type whose low 16 bits are a PCI vendor id.</summary>
    public const uint VFIO_REGION_TYPE_PCI_VENDOR_TYPE = 0x80000000;

    /// <summary>The vendor id in such a type.</summary>
    public const uint VFIO_REGION_TYPE_PCI_VENDOR_MASK = 0xFFFF;

    /// <summary>Region type: graphics.</summary>
    public const uint VFIO_REGION_TYPE_GFX = 1;

    /// <summary>Region type: channel I/O.</summary>
    public const uint VFIO_REGION_TYPE_CCW = 2;

    /// <summary>Region type: migration, version 1.</summary>
    public const uint VFIO_REGION_TYPE_MIGRATION_DEPRECATED = 3;

    /// <summary>Intel graphics: the OpRegion.</summary>
    public const uint VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION = 1;

    /// <summary>Intel graphics: the host bridge's config space.</summary>
    public const uint VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG = 2;

    /// <summary>Intel graphics: the LPC bridge's config space.</summary>
    public const uint VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG = 3;

    /// <summary>NVIDIA: GPU memory behind NVLink2; no longer made.</summary>
    public const uint VFIO_REGION_SUBTYPE_NVIDIA_NVLINK2_RAM = 1;

    /// <summary>IBM: NVLink2 ATSD registers; no longer made.</summary>
    public const uint VFIO_REGION_SUBTYPE_IBM_NVLINK2_ATSD = 1;

    /// <summary>Graphics: <see cref="VfioRegionGfxEdid"/> and a monitor's EDID.</summary>
    public const uint VFIO_REGION_SUBTYPE_GFX_EDID = 1;

    /// <summary>Channel I/O: asynchronous commands.</summary>
    public const uint VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD = 1;

    /// <summary>Channel I/O: subchannel information block.</summary>
    public const uint VFIO_REGION_SUBTYPE_CCW_SCHIB = 2;

    /// <summary>Channel I/O: channel report words.</summary>
    public const uint VFIO_REGION_SUBTYPE_CCW_CRW = 3;

    /// <summary>Migration, version 1.</summary>
    public const uint VFIO_REGION_SUBTYPE_MIGRATION_DEPRECATED = 1;

    /// <summary><see cref="VfioRegionGfxEdid.LinkState"/>: the monitor is on.</summary>
    public const uint VFIO_DEVICE_GFX_LINK_STATE_UP = 1;

    /// <summary><see cref="VfioRegionGfxEdid.LinkState"/>: the monitor is off.</summary>
    public const uint VFIO_DEVICE_GFX_LINK_STATE_DOWN = 2;

    /// <summary>Region of BAR 0.</summary>
    public const uint VFIO_PCI_BAR0_REGION_INDEX = 0;

    /// <summary>Region of BAR 1.</summary>
    public const uint VFIO_PCI_BAR1_REGION_INDEX = 1;

    /// <summary>Region of BAR 2.</summary>
    public const uint VFIO_PCI_BAR2_REGION_INDEX = 2;

    /// <summary>Region of BAR 3.</summary>
    public const uint VFIO_PCI_BAR3_REGION_INDEX = 3;

    /// <summary>Region of BAR 4.</summary>
    public const uint VFIO_PCI_BAR4_REGION_INDEX = 4;

    /// <summary>Region of BAR 5.</summary>
    public const uint VFIO_PCI_BAR5_REGION_INDEX = 5;

    /// <summary>Region of the expansion ROM.</summary>
    public const uint VFIO_PCI_ROM_REGION_INDEX = 6;

    /// <summary>Region of the config space.</summary>
    public const uint VFIO_PCI_CONFIG_REGION_INDEX = 7;

    /// <summary>Region of the legacy VGA ranges, each at the offset that is its bus address.</summary>
    public const uint VFIO_PCI_VGA_REGION_INDEX = 8;

    /// <summary>Fixed regions of a PCI device; device specific regions follow.</summary>
    public const uint VFIO_PCI_NUM_REGIONS = 9;

    /// <summary>Interrupt index of INTx.</summary>
    public const uint VFIO_PCI_INTX_IRQ_INDEX = 0;

    /// <summary>Interrupt index of MSI.</summary>
    public const uint VFIO_PCI_MSI_IRQ_INDEX = 1;

    /// <summary>Interrupt index of MSI-X.</summary>
    public const uint VFIO_PCI_MSIX_IRQ_INDEX = 2;

    /// <summary>Interrupt index of uncorrected PCIe errors.</summary>
    public const uint VFIO_PCI_ERR_IRQ_INDEX = 3;

    /// <summary>Interrupt index of the request to give the device back.</summary>
    public const uint VFIO_PCI_REQ_IRQ_INDEX = 4;

    /// <summary>Interrupt indexes of a PCI device.</summary>
    public const uint VFIO_PCI_NUM_IRQS = 5;

    /// <summary>Channel I/O: region of the I/O block.</summary>
    public const uint VFIO_CCW_CONFIG_REGION_INDEX = 0;

    /// <summary>Channel I/O: fixed regions.</summary>
    public const uint VFIO_CCW_NUM_REGIONS = 1;

    /// <summary>Channel I/O: interrupt index of I/O completions.</summary>
    public const uint VFIO_CCW_IO_IRQ_INDEX = 0;

    /// <summary>Channel I/O: interrupt index of channel reports.</summary>
    public const uint VFIO_CCW_CRW_IRQ_INDEX = 1;

    /// <summary>Channel I/O: interrupt index of the request to give the device back.</summary>
    public const uint VFIO_CCW_REQ_IRQ_INDEX = 2;

    /// <summary>Channel I/O: interrupt indexes.</summary>
    public const uint VFIO_CCW_NUM_IRQS = 3;

    /// <summary>Adjunct processor: interrupt index of the request to give the device back.</summary>
    public const uint VFIO_AP_REQ_IRQ_INDEX = 0;

    /// <summary>Adjunct processor: interrupt index of configuration changes.</summary>
    public const uint VFIO_AP_CFG_CHG_IRQ_INDEX = 1;

    /// <summary>Adjunct processor: interrupt indexes.</summary>
    public const uint VFIO_AP_NUM_IRQS = 2;

    /// <summary><see cref="VfioPciDependentDevice.DevId"/>: not bound to this iommufd, yet owned through its IOMMU
    /// group.</summary>
    public const uint VFIO_PCI_DEVID_OWNED = 0;

    /// <summary><see cref="VfioPciDependentDevice.DevId"/>: not owned, so that no hot reset is possible
    /// (-1).</summary>
    public const uint VFIO_PCI_DEVID_NOT_OWNED = 0xFFFFFFFF;

    /// <summary><see cref="VfioDeviceFeatureBusMaster.Op"/>: clear bus mastering.</summary>
    public const uint VFIO_DEVICE_FEATURE_CLEAR_MASTER = 0;

    /// <summary><see cref="VfioDeviceFeatureBusMaster.Op"/>: set bus mastering.</summary>
    public const uint VFIO_DEVICE_FEATURE_SET_MASTER = 1;

    /// <summary>Type1 info capability: <see cref="VfioIommuType1InfoCapIovaRange"/>.</summary>
    public const ushort VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE = 1;

    /// <summary>Type1 info capability: <see cref="VfioIommuType1InfoCapMigration"/>.</summary>
    public const ushort VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION = 2;

    /// <summary>Type1 info capability: <see cref="VfioIommuType1InfoDmaAvail"/>.</summary>
    public const ushort VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL = 3;
}
