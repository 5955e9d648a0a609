namespace Viaduct.Cli.Machine;

/// <summary>What is between a device and memory.</summary>
internal enum IommuKind
{
    /// <summary>A PC's IOMMU, for type1 containers and for iommufds.</summary>
    Type1,

    /// <summary>A POWER machine's windows and TCE tables, for sPAPR containers.</summary>
    Spapr,

    /// <summary>Nothing: the device reaches physical addresses.</summary>
    None,
}
