using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// What <see cref="PciDevice"/> stands on: the kernel's VFIO, a vfio-user server, or a model in the same process. Methods
/// throw <see cref="VfioException"/> where the other side refuses. Calls may come from several threads.
/// </summary>
public interface IDeviceBackend : IDisposable
{
    /// <summary>The device's name for messages, such as <c>0000:01:00.0</c>.</summary>
    string Name { get; }

    /// <summary>True where <see cref="Reset"/> works.</summary>
    bool CanReset { get; }

    /// <summary>The I/O address space that the device's DMA goes through.</summary>
    DmaSpace Dma { get; }

    /// <summary>Describes a region.</summary>
    /// <param name="index">See <see cref="RegionIndex"/>.</param>
    RegionInfo GetRegion(int index);

    /// <summary>Reads registers with as few accesses as alignment allows: two, four and (where the other side can)
    /// eight aligned bytes are one access.</summary>
    void ReadRegion(int index, ulong offset, Span<byte> data);

    /// <summary>Writes registers; widths as in <see cref="ReadRegion"/>.</summary>
    void WriteRegion(int index, ulong offset, ReadOnlySpan<byte> data);

    /// <summary>Maps one of the region's <see cref="RegionInfo.MappableAreas"/>.</summary>
    /// <returns>The mapping, owned by the caller.</returns>
    MappedRegion MapRegion(int index, MappableArea area);

    /// <summary>How many interrupts of a kind the device has; 0 where it has none.</summary>
    int GetInterruptCount(InterruptKind kind);

    /// <summary>Enables interrupts 0 to n-1 of a kind, each signalling its eventfd.</summary>
    void EnableInterrupts(InterruptKind kind, ReadOnlySpan<EventFd> eventFds);

    /// <summary>Disables all interrupts of a kind.</summary>
    void DisableInterrupts(InterruptKind kind);

    /// <summary>Lets the interrupt come again after it was masked when it fired; only INTx needs it.</summary>
    void UnmaskInterrupt(InterruptKind kind);

    /// <summary>Signals an enabled interrupt as if the device had.</summary>
    void TriggerInterrupt(InterruptKind kind, int index);

    /// <summary>Resets the function. Its interrupts stay enabled, its configuration space is restored.</summary>
    void Reset();
}
