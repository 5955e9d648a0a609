using Viaduct.Iommu;

namespace Viaduct.Pci.Hardware;

/// <summary>What the outside gives a function when it is built: nothing else reaches a model.</summary>
public sealed record PciServices
{
    /// <summary>Work items of <see cref="Background"/> that run at once.</summary>
    public const int MostInBackground = 160;

    private readonly IDeviceExecutor? _background;

    /// <summary>The function's way to memory.</summary>
    public required DmaPort Dma { get; init; }

    /// <summary>Runs the function's own work.</summary>
    public required IDeviceExecutor Executor { get; init; }

    /// <summary>Runs what may wait for long, such as for a disk, so that <see cref="Executor"/> need not: work items run beside each other, on
    /// as many threads as it takes (up to <see cref="MostInBackground"/>), so a model bounds what it queues. The same as
    /// <see cref="Executor"/> where nothing else is given.</summary>
    public IDeviceExecutor Background
    {
        get => _background ?? Executor;
        init => _background = value;
    }

    /// <summary>Time, for models that have any.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
