using NvmeDisk;
using Viaduct.Linux.Sockets;
using Viaduct.VfioUser.Server;

namespace Viaduct.Driver.Tests.Backends;

/// <summary>A model behind a vfio-user server in this process, and a client of it.</summary>
internal static class ServedModel
{
    internal static PciDevice Open(string model, VfioUserOptions options, out IDisposable owner, ServerOptions? serve = null)
    {
        var machine = ModelMachine.Create(model);
        Assert.False(UnixSocket.CreatePair(out var server, out var client).IsError);
        var served = new VfioUserServer(machine.Device, server!, serve);
        served.Start();
        owner = served;
        return VfioUserDevice.Open(client!, $"socket of {model}", options);
    }
}
