using Viaduct.Iommu;

namespace Viaduct.Pci.Hardware;

/// <summary>What the outside gives a function when it is built: nothing else reaches a model.</summary>
public sealed record PciServices
{
    private readonly IDeviceExecutor? _background;

    /// <summary>The function's way to memory.</summary>
    public required DmaPort Dma { get; init; }

    /// <summary>Runs the function's own work.</summary>
    public required IDeviceExecutor Executor { get; init; }

    /// <summary>Runs what may wait for long, such as for a disk, so that <see cref="Executor"/> need not; the same as that where nothing else
    /// is given.</summary>
    public IDeviceExecutor Background
    {
        get => _background ?? Executor;
        init => _background = value;
    }

    /// <summary>Time, for models that have any.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
