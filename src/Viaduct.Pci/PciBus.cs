using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Devices;

namespace Viaduct.Pci;

/// <summary>
/// A bus and the functions on it. One below a bridge can be reset as a whole; a root bus cannot. Functions are added before any
/// client runs.
/// </summary>
/// <param name="bridge">The bridge above it; null for a root bus.</param>
public sealed class PciBus(PciBridge? bridge)
{
    private readonly List<PciBusFunction> _functions = [];

    /// <summary>The bridge above it; null for a root bus.</summary>
    public PciBridge? Bridge { get; } = bridge;

    /// <summary>Its functions, by device and function number.</summary>
    public IReadOnlyList<PciBusFunction> Functions => _functions;

    /// <summary>pci_probe_reset_bus: the bridge can reset it.</summary>
    internal bool CanReset => Bridge is not null;

    /// <summary>The devices that vfio-pci has, which the reset of a bus hits together.</summary>
    internal VfioDeviceSet Devices { get; } = new();

    /// <summary>Puts a function on the bus.</summary>
    public void Add(PciBusFunction function)
    {
        var at = _functions.FindIndex(other => other.Address.DevFn > function.Address.DevFn);
        _functions.Insert(at < 0 ? _functions.Count : at, function);
        Bridge?.Added(function);
        MarkMultifunction(function.Address.Device);
    }

    /// <summary>pci_parent_bus_reset: the reset of a bus is a function's own where nothing else is on it.</summary>
    internal bool ResetsOnly(PciFunction function)
        => CanReset && _functions.Count == 1 && _functions[0].Function == function;

    /// <summary>pci_bus_reset_method as it was found when the functions were scanned: the first was alone then.</summary>
    internal bool WasFirst(PciFunction function) => CanReset && _functions[0].Function == function;

    /// <summary>pci_reset_bus: each function loses its state but for what the host saves. The locks of all devices are held, and
    /// all functions are vfio-pci's.</summary>
    internal void Reset()
    {
        foreach (var function in _functions)
        {
            function.Device!.ResetFunction(PciResetKind.Bus);
        }
    }

    /// <summary>Function 0 of a device tells whether there are others.</summary>
    private void MarkMultifunction(byte device)
    {
        var functions = _functions.FindAll(f => f.Address.Device == device);
        if (functions is [{ Address.Function: 0 } first, _, ..])
        {
            first.Function.Config.Declare(PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_MFD);
        }
    }
}
