using Viaduct.Devices.Edu;
using Viaduct.Iommu;
using Viaduct.Linux.Sockets;
using Viaduct.Pci;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.VfioPci;
using Viaduct.VfioUser.Server;

namespace Viaduct.VfioUser.Tests.Infrastructure;

/// <summary>QEMU's edu, served at a socket in a folder of its own.</summary>
internal sealed class Served : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("viaduct-").FullName;
    private readonly VfioUserServer _server;

    public Served(ServerOptions? options = null, Func<PciServices, PciFunction>? create = null, Action<Served>? beforeStart = null)
    {
        Group = new IommuGroup(7, new IommuUnit
        {
            ApertureLast = ulong.MaxValue,
            PageSizes = 0x1000,
            ReservedRegions = [],
            EnforcesCacheCoherency = true,
        });
        var services = new PciServices
        {
            Dma = new DmaPort(Group),
            Executor = new DeviceThread("edu", bug => Failures.Add(bug)),
        };
        Function = create is null ? new EduFunction(services, ulong.MaxValue) : create(services);
        Assert.True(PciAddress.TryParse("0000:01:00.0", out var address));
        Device = new VfioPciDevice(new PciDevice(Function, address, Group, new PciHostBridge())) { DecodesAlways = true };
        Path = System.IO.Path.Combine(_folder, "edu.sock");
        Assert.False(UnixSocket.Listen(Path, out var listener).IsError);
        _server = new VfioUserServer(Device, listener!, (options ?? new ServerOptions()) with { Observer = Recorder });
        beforeStart?.Invoke(this);
        _server.Start();
    }

    public PciFunction Function { get; }

    public IommuGroup Group { get; }

    public VfioPciDevice Device { get; }

    public string Path { get; }

    public ServerRecorder Recorder { get; } = new();

    public List<Exception> Failures { get; } = [];

    public void Stop() => _server.Stop();

    public WireClient Connect(bool negotiate = true)
    {
        Assert.False(UnixSocket.Connect(Path, out var socket).IsError);
        var client = new WireClient(socket!);
        if (negotiate)
        {
            client.Negotiate();
        }

        return client;
    }

    public void Dispose()
    {
        _server.Dispose();
        Recorder.Dispose();
        Directory.Delete(_folder, recursive: true);
        Assert.Empty(Failures);
    }
}
