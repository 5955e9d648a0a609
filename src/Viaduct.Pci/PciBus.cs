using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Devices;

namespace Viaduct.Pci;

/// <summary>
/// A bus and the functions on it. One below a bridge can be reset as a whole; a root bus cannot.
/// </summary>
/// <param name="bridge">The bridge above it; null for a root bus.</param>
public sealed class PciBus(PciBridge? bridge)
{
    private readonly Lock _lock = new();

    // Replaced as a whole.
    private volatile IReadOnlyList<PciDevice> _functions = [];

    /// <summary>The bridge above it; null for a root bus.</summary>
    public PciBridge? Bridge { get; } = bridge;

    /// <summary>Its functions as they are now, by device and function number.</summary>
    public IReadOnlyList<PciDevice> Functions => _functions;

    /// <summary>pci_probe_reset_bus: the bridge can reset it.</summary>
    internal bool CanReset => Bridge is not null;

    /// <summary>The devices that vfio-pci has, which the reset of a bus hits together. Virtual functions have sets of their own.</summary>
    internal VfioDeviceSet Devices { get; } = new();

    /// <summary>Puts a function on the bus.</summary>
    public void Add(PciDevice device)
    {
        lock (_lock)
        {
            _functions = [.. _functions.Append(device).OrderBy(d => d.Address.DevFn)];
            if (device.PhysicalFunction is null)
            {
                Bridge?.Added(device);
                MarkMultifunction(device.Address.Device);
            }
        }
    }

    /// <summary>Takes a function from the bus.</summary>
    internal void Remove(PciDevice device)
    {
        lock (_lock)
        {
            _functions = [.. _functions.Where(d => d != device)];
        }
    }

    /// <summary>pci_parent_bus_reset: the reset of a bus is a function's own where nothing else is on it.</summary>
    internal bool ResetsOnly(PciFunction function)
        => CanReset && _functions is [{ Function: var only }] && only == function;

    /// <summary>pci_bus_reset_method as it is found when the functions are scanned: the first is alone then.</summary>
    internal bool WasFirst(PciFunction function) => CanReset && _functions is [{ Function: var first }, ..] && first == function;

    /// <summary>Function 0 of a device tells whether there are others.</summary>
    private void MarkMultifunction(byte device)
    {
        var functions = _functions.Where(f => f.Address.Device == device && f.PhysicalFunction is null).ToArray();
        if (functions is [{ Address.Function: 0 } first, _, ..])
        {
            first.Function.Config.Declare(PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_MFD);
        }
    }
}
