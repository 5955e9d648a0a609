using HelloDevice;
using Viaduct.Devices.Tests.Infrastructure;

namespace Viaduct.Devices.Tests.Guide;

/// <summary>The example of docs/writing-a-device.md: it works, and it is what the document shows.</summary>
public sealed class ChecksumFunctionTests
{
    private readonly Host _host = new();

    [Fact]
    public void Start_AddsThePageUpAndInterrupts()
    {
        var device = _host.Plug(new ChecksumFunction(_host.Services));
        _host.At(Host.MemoryAddress, 4096).Fill(2);
        device.WriteBar(0, 0x00, 8, Host.MemoryAddress);
        device.WriteBar(0, 0x08, 4, 1);
        _host.Executor.RunAll();
        Assert.Equal(8192UL, device.ReadBar(0, 0x0c, 4));
        Assert.True(_host.Interrupts.Intx);
        device.WriteBar(0, 0x00, 8, 0);
        device.WriteBar(0, 0x08, 4, 1);
        _host.Executor.RunAll();
        Assert.Equal(0xffffffffUL, device.ReadBar(0, 0x0c, 4));
    }

    [Fact]
    public void Sample_IsShort()
        => Assert.InRange(File.ReadLines(Path.Combine(Repository.Root, "samples", "HelloDevice", "HelloDevice.cs")).Count(), 1, 79);

    [Fact]
    public void Document_ShowsIt()
    {
        var root = Repository.Root;
        var code = File.ReadAllText(Path.Combine(root, "samples", "HelloDevice", "HelloDevice.cs"));
        var document = File.ReadAllText(Path.Combine(root, "docs", "writing-a-device.md"));
        Assert.Contains(code.TrimEnd(), document, StringComparison.Ordinal);
    }
}
