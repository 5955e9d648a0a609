using Viaduct.Iommu.Eeh;
using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <content>Enhanced error handling on POWER machines: the device as one of its partitionable endpoint's.</content>
public sealed partial class VfioPciDevice : IEehDevice
{
    private PciSavedState? _stateAtReset;

    /// <summary>The endpoint; null on machines that have none.</summary>
    internal EehPe? Endpoint => Pci.Group.Endpoint;

    /// <inheritdoc/>
    void IEehDevice.AssertReset()
    {
        lock (_lock)
        {
            _stateAtReset ??= PciSavedState.Save(Function);
            Function.Reset(PciResetKind.Bus);
            AccessChanged();
        }
    }

    /// <inheritdoc/>
    void IEehDevice.Restore()
    {
        lock (_lock)
        {
            _stateAtReset?.Restore(Function);
            _stateAtReset = null;
            AccessChanged();
        }
    }

    /// <inheritdoc/>
    bool IEehDevice.HasMemory(ulong address)
    {
        for (var i = 0; i < PCI_STD_NUM_BARS; i++)
        {
            if (Function.Bars[i] is { } bar && !bar.Kind.HasFlag(PciBarKind.Io) && address - Pci.Resources.Starts[i] < bar.Size)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An access to a BAR comes through to the device; the gate is held.</summary>
    private bool Passes(EehAccess access, int bar, ulong offset)
        => Endpoint is not { } endpoint || endpoint.Passes(access, Pci.Resources.Starts[bar] + offset);
}
