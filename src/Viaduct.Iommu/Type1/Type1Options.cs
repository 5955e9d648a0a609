namespace Viaduct.Iommu;

/// <summary>The parameters of the kernel's vfio_iommu_type1 module.</summary>
public sealed record Type1Options
{
    /// <summary>Takes groups whose devices could raise other devices' interrupts; without it they get EPERM.</summary>
    public bool AllowUnsafeInterrupts { get; init; }

    /// <summary>Mappings that a container may have, 0 to 2^32 - 1.</summary>
    public uint DmaEntryLimit { get; init; } = ushort.MaxValue;
}
