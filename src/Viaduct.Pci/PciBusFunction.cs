using Viaduct.Iommu;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.VfioPci;

namespace Viaduct.Pci;

/// <summary>A function's place on a bus.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Function">The chip.</param>
/// <param name="Group">Its IOMMU group.</param>
/// <param name="Device">vfio-pci's part of it; null where another driver has it.</param>
public sealed record PciBusFunction(PciAddress Address, PciFunction Function, IommuGroup Group, VfioPciDevice? Device);
