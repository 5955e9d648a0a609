using NvmeDisk;

namespace Viaduct.Driver.Tests.Backends;

public sealed class InProcessSuiteTests : BackendSuite
{
    internal override PciDevice Open(string model, out IDisposable? owner)
    {
        var machine = ModelMachine.Create(model);
        owner = null;
        return InProcessDevice.Open(machine.System, machine.Device);
    }
}
