using Viaduct.Abi;

namespace Viaduct.Driver;

/// <summary>The numbers of a PCI device's regions (VFIO_PCI_*_REGION_INDEX, vfio.h).</summary>
public static class RegionIndex
{
    /// <summary>BARs are 0 to 5.</summary>
    public const int BarCount = 6;

    /// <summary>The expansion ROM.</summary>
    public const int Rom = (int)VfioConstants.VFIO_PCI_ROM_REGION_INDEX;

    /// <summary>The configuration space.</summary>
    public const int Config = (int)VfioConstants.VFIO_PCI_CONFIG_REGION_INDEX;
}
