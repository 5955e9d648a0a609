using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.Tests.Infrastructure;

internal sealed class RecordingReceiver : IInterruptReceiver
{
    public List<bool> Levels { get; } = [];

    public List<int> Messages { get; } = [];

    public void IntxChanged(bool asserted) => Levels.Add(asserted);

    public void MessageArrived(int vector) => Messages.Add(vector);
}
