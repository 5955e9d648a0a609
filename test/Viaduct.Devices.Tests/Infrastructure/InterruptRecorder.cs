using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>Counts what arrives.</summary>
internal sealed class InterruptRecorder : IInterruptReceiver
{
    public bool Intx { get; private set; }

    public int IntxChanges { get; private set; }

    public int Messages { get; private set; }

    public int LastVector { get; private set; } = -1;

    public void IntxChanged(bool asserted)
    {
        Intx = asserted;
        IntxChanges++;
    }

    public void MessageArrived(int vector)
    {
        LastVector = vector;
        Messages++;
    }
}
