using Viaduct.Iommu;
using Viaduct.Pci.Hardware;

namespace Viaduct.Pci;

/// <summary>What a machine gives functions that come while it runs.</summary>
public interface IPciHost
{
    /// <summary>An IOMMU group for a function that the IOMMU tells from all others.</summary>
    /// <param name="unit">The IOMMU that is before it.</param>
    IommuGroup CreateGroup(IommuUnit unit);

    /// <summary>Takes a group back that no function is in any more.</summary>
    void Release(IommuGroup group);

    /// <summary>A function's ways to the outside.</summary>
    /// <param name="address">Where the function is.</param>
    /// <param name="group">Its group.</param>
    PciServices CreateServices(PciAddress address, IommuGroup group);
}
