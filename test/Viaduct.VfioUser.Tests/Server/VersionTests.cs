using System.Text;
using System.Text.Json;
using Viaduct.Abi;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Server;
using Viaduct.VfioUser.Tests.Infrastructure;

namespace Viaduct.VfioUser.Tests.Server;

public sealed class VersionTests
{
    [Fact]
    public void Version_Qemus_IsAnsweredInFewerBytesWithNothingThatQemuDoesNotKnow()
    {
        using var served = new Served();
        using var client = served.Connect(negotiate: false);
        var hello = WireClient.Hello(WireClient.Capabilities);
        var reply = client.Ask(VfioUserCommand.VFIO_USER_VERSION, hello);
        Assert.Equal(Errno.None, reply.Error);
        Assert.True(reply.Payload.Length <= hello.Length);
        Assert.Equal(0, reply.Payload[^1]);
        using var json = JsonDocument.Parse(reply.Payload.AsMemory(VfioUserVersion.StructSize, reply.Payload.Length - VfioUserVersion.StructSize - 1));
        var names = json.RootElement.GetProperty("capabilities").EnumerateObject().Select(p => p.Name).Order();
        Assert.Equal(["max_data_xfer_size", "max_dma_maps", "max_msg_fds", "pgsizes", "write_multiple"], names);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"capabilities":{}}""")]
    public void Version_WithoutCapabilities_IsAnsweredWithNone(string json)
    {
        using var served = new Served();
        using var client = served.Connect(negotiate: false);
        var reply = client.Ask(VfioUserCommand.VFIO_USER_VERSION, WireClient.Hello(json));
        Assert.Equal("{\"capabilities\":{}}\0", Encoding.UTF8.GetString(reply.Payload.AsSpan(VfioUserVersion.StructSize)));
    }

    [Fact]
    public void Version_NewerMinor_IsAnsweredWithOurs()
    {
        using var served = new Served();
        using var client = served.Connect(negotiate: false);
        var reply = client.Ask(VfioUserCommand.VFIO_USER_VERSION, WireClient.Hello(WireClient.Capabilities, minor: 7));
        Assert.Equal((0, 0), (reply.As<VfioUserVersion>().Major, reply.As<VfioUserVersion>().Minor));
    }

    [Theory]
    [InlineData("{", 0)]
    [InlineData("[]", 0)]
    [InlineData("""{"capabilities":[]}""", 0)]
    [InlineData("""{"capabilities":{"max_msg_fds":"many"}}""", 0)]
    [InlineData("""{"capabilities":{"max_msg_fds":-1}}""", 0)]
    [InlineData("""{"capabilities":{"max_data_xfer_size":0}}""", 0)]
    [InlineData("{}", 1)]
    public void Version_ThatCannotBe_IsEINVALAndTheEnd(string json, ushort major)
    {
        using var served = new Served();
        using var client = served.Connect(negotiate: false);
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_VERSION, WireClient.Hello(json, major)).Error);
        Assert.True(client.IsClosed());
        served.Recorder.WaitUntilGone();
        Assert.NotNull(served.Recorder.Reason);
    }

    [Fact]
    public void Version_AfterTheFirst_IsEINVAL()
    {
        using var served = new Served();
        using var client = served.Connect();
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_VERSION, WireClient.Hello("{}")).Error);
        Assert.Equal(Errno.None, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_RESET, []).Error);
    }

    [Fact]
    public void Version_NotTheFirst_IsEINVALAndTheEnd()
    {
        using var served = new Served();
        using var client = served.Connect(negotiate: false);
        Assert.Equal(Errno.EINVAL, client.Ask(VfioUserCommand.VFIO_USER_DEVICE_RESET, []).Error);
        Assert.True(client.IsClosed());
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Version_TwinSocket_IsThereWhereBothWant(bool client, bool server)
    {
        using var served = new Served(new ServerOptions { AllowTwinSocket = server });
        using var wire = served.Connect(negotiate: false);
        var json = client ? """{"capabilities":{"twin_socket":{"supported":true}}}""" : "{}";
        var reply = wire.Ask(VfioUserCommand.VFIO_USER_VERSION, WireClient.Hello(json));
        Assert.Equal(client && server ? 1 : 0, reply.Descriptors.Count);
        Assert.True(VfioUserCapabilities.TryParse(reply.Payload.AsSpan(VfioUserVersion.StructSize), out var ours));
        Assert.Equal((client && server, client && server ? 0 : (int?)null), (ours.HasTwinSocket, ours.TwinSocketIndex));
    }
}
