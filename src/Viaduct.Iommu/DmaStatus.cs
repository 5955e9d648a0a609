namespace Viaduct.Iommu;

/// <summary>How a device's DMA ended.</summary>
public enum DmaStatus : byte
{
    /// <summary>All bytes moved.</summary>
    Ok,

    /// <summary>The function may not master the bus: COMMAND.BUS_MASTER is clear. Nothing moved.</summary>
    BusMasterDisabled,

    /// <summary>The IOMMU has no translation, or not for this kind of access, or the memory behind it has
    /// gone.</summary>
    Fault,
}
