using Viaduct.Abi;

namespace Viaduct.Iommu;

/// <summary>A kind of IOMMU that a container may choose: an entry of the kernel's vfio.iommu_drivers_list.</summary>
public interface IIommuDriver
{
    /// <summary>True for the driver of groups that no IOMMU protects; a container has either kind, never
    /// both.</summary>
    bool IsNoIommu { get; }

    /// <summary>The module that it is in, where that is not VFIO's own.</summary>
    string? Module => null;

    /// <summary>What clients see of the driver's options in sysfs.</summary>
    IReadOnlyList<ModuleParameter> Parameters => [];

    /// <summary>VFIO_CHECK_EXTENSION while no driver is chosen: above zero where this driver has the extension.</summary>
    SysResult CheckExtension(ulong extension);

    /// <summary>The open operation of VFIO_SET_IOMMU.</summary>
    /// <param name="type">What the client asked for.</param>
    /// <param name="backend">The new address space, with no group in it.</param>
    SysResult Open(ulong type, out IommuBackend? backend);
}
