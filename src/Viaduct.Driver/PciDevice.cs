using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// A PCI function that this program drives. Made by a back-end: <see cref="VfioDevice.Open"/> for the kernel's VFIO.
/// Disposing stops its DMA and interrupts, unmaps its BARs, closes it and then frees what else it was given, in that
/// order; with the kernel's VFIO the device is reset too.
/// </summary>
public sealed class PciDevice : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Bar> _bars = [];
    private readonly List<InterruptSet> _interrupts = [];
    private readonly InterruptDispatcher _dispatcher;
    private bool _disposed;

    /// <summary>Takes a back-end over; it is disposed with the device.</summary>
    /// <param name="backend">Where the device really is.</param>
    public PciDevice(IDeviceBackend backend)
    {
        Backend = backend;
        Config = new ConfigSpace(backend);
        _dispatcher = new InterruptDispatcher(backend.Name);
    }

    /// <summary>The device's name for messages, such as <c>0000:01:00.0</c>.</summary>
    public string Name => Backend.Name;

    /// <summary>The configuration space.</summary>
    public ConfigSpace Config { get; }

    /// <summary>The I/O address space that the device's DMA goes through.</summary>
    public DmaSpace Dma => Backend.Dma;

    /// <summary>True where <see cref="Reset"/> works.</summary>
    public bool CanReset => Backend.CanReset;

    /// <summary>What the device stands on, for what this class does not offer.</summary>
    public IDeviceBackend Backend { get; }

    /// <summary>Gives access to a BAR, mapped where it can be. The same object for every call with the same
    /// number.</summary>
    /// <param name="index">0 to 5; the upper half of a 64-bit BAR has no number of its own.</param>
    /// <exception cref="VfioException">ENOENT: the device has no such BAR; or it could not be mapped.</exception>
    public Bar MapBar(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, RegionIndex.BarCount);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_bars.TryGetValue(index, out var bar))
            {
                var info = Backend.GetRegion(index);
                if (info.Size == 0)
                {
                    throw new VfioException(
                        Errno.ENOENT,
                        "map BAR",
                        $"{Name} has no BAR {index}",
                        "its size is zero",
                        $"lspci -vs {Name} lists the BARs");
                }

                bar = new Bar(Backend, info);
                _bars.Add(index, bar);
            }

            return bar;
        }
    }

    /// <summary>Makes zeroed memory that the device can reach; see <see cref="DmaSpace.Allocate"/>.</summary>
    public DmaBuffer AllocateDma(ulong size, DmaOptions? options = null) => Dma.Allocate(size, options);

    /// <summary>Lets the device reach the caller's memory; see <see cref="DmaSpace.Map"/>.</summary>
    public DmaBuffer MapDma(MemoryMapping memory, DmaOptions? options = null) => Dma.Map(memory, options);

    /// <summary>How many interrupts of a kind the device has; 0 where it has none.</summary>
    public int GetInterruptCount(InterruptKind kind) => Backend.GetInterruptCount(kind);

    /// <summary>Enables interrupts 0 to <paramref name="count"/> - 1 of a kind. INTx, MSI and MSI-X exclude each other.
    /// MSI and MSI-X arrive only while the device is bus master.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="count">How many, above zero.</param>
    /// <exception cref="VfioException">EINVAL: another kind is enabled already; ENOSPC: the device or the machine has
    /// fewer.</exception>
    public InterruptSet EnableInterrupts(InterruptKind kind, int count = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var available = GetInterruptCount(kind);
        if (count > available)
        {
            throw new VfioException(
                Errno.ENOSPC,
                "VFIO_DEVICE_GET_IRQ_INFO",
                $"{Name} cannot have {count} {kind} interrupts",
                available == 0 ? $"the device has no {kind}" : $"it has {available}");
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var set = new InterruptSet(this, kind, count, _dispatcher);
            _interrupts.Add(set);
            return set;
        }
    }

    /// <summary>Resets the function. BARs, DMA memory and interrupts of this program stay; the device forgets its
    /// state.</summary>
    /// <exception cref="VfioException">EINVAL: the function cannot be reset on its own; EAGAIN: it is busy with another
    /// reset.</exception>
    public void Reset() => Backend.Reset();

    /// <inheritdoc/>
    public void Dispose()
    {
        InterruptSet[] sets;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            sets = [.. _interrupts];
        }

        Attempt(Config.DisableBusMaster);
        foreach (var set in sets)
        {
            Attempt(set.Dispose);
        }

        _dispatcher.Dispose();
        foreach (var bar in _bars.Values)
        {
            bar.Dispose();
        }

        Backend.Dispose();
    }

    internal void Forget(InterruptSet set)
    {
        lock (_lock)
        {
            _interrupts.Remove(set);
        }

        Backend.DisableInterrupts(set.Kind);
    }

    private static void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (VfioException)
        {
            // The device is gone or refuses: closing it is all that is left to do.
        }
    }
}
