namespace Viaduct.Cli.Machine;

/// <summary>What is between a device and memory.</summary>
internal enum IommuKind
{
    /// <summary>A PC's IOMMU, for type1 containers and for iommufds.</summary>
    Type1,

    /// <summary>Nothing: the device reaches physical addresses.</summary>
    None,
}
