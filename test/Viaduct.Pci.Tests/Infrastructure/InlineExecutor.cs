using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.Tests.Infrastructure;

/// <summary>Runs work at once: tests need no second thread.</summary>
internal sealed class InlineExecutor : IDeviceExecutor
{
    public void Post(Action work) => work();
}
