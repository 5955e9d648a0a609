namespace Viaduct.Driver.Tests.Backends;

/// <summary>The server reads and writes memory by messages, over a socket of its own.</summary>
public sealed class VfioUserMessagesSuiteTests : BackendSuite
{
    internal override PciDevice Open(string model, out IDisposable? owner) =>
        ServedModel.Open(model, new VfioUserOptions { ShareMemory = false }, out owner);
}
