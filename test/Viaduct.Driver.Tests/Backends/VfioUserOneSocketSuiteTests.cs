namespace Viaduct.Driver.Tests.Backends;

/// <summary>The server reads and writes memory by messages, between the driver's own.</summary>
public sealed class VfioUserOneSocketSuiteTests : BackendSuite
{
    internal override PciDevice Open(string model, out IDisposable? owner) =>
        ServedModel.Open(model, new VfioUserOptions { ShareMemory = false, AllowTwinSocket = false }, out owner);
}
