namespace Viaduct.Driver.Tests.Backends;

/// <summary>The server has the memory's files.</summary>
public sealed class VfioUserSuiteTests : BackendSuite
{
    internal override PciDevice Open(string model, out IDisposable? owner) =>
        ServedModel.Open(model, new VfioUserOptions(), out owner);
}
