using Viaduct.Iommu;

namespace Viaduct.Pci.Hardware;

/// <summary>What the outside gives a function when it is built: nothing else reaches a model.</summary>
public sealed record PciServices
{
    /// <summary>The function's way to memory.</summary>
    public required DmaPort Dma { get; init; }

    /// <summary>Runs the function's own work.</summary>
    public required IDeviceExecutor Executor { get; init; }

    /// <summary>Time, for models that have any.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
