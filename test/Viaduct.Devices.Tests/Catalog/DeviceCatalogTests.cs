using Viaduct.Devices.Catalog;
using Viaduct.Devices.Tests.Infrastructure;

namespace Viaduct.Devices.Tests.Catalog;

public sealed class DeviceCatalogTests
{
    private readonly Host _host = new(4096);

    [Theory]
    [InlineData("ioat")]
    [InlineData("edu")]
    [InlineData("nvme")]
    public void Find_KnownName_FindsIt(string name)
    {
        Assert.True(DeviceCatalog.TryFind(name, out var model, out var error));
        Assert.Null(error);
        Assert.Equal(name, model.Name);
        Assert.True(model.TryCreate(DeviceOptions.None, _host.Services, out var function, out error), error);
        Assert.Equal(model.PciId, $"{function.Identity.VendorId:x4}:{function.Identity.DeviceId:x4}");
    }

    [Theory]
    [InlineData("iota", "There is no device 'iota'; 'ioat' perhaps: there are edu, ioat, nvme, replica.")]
    [InlineData("EDU", "There is no device 'EDU'; 'edu' perhaps: there are edu, ioat, nvme, replica.")]
    [InlineData("ioatt", "There is no device 'ioatt'; 'ioat' perhaps: there are edu, ioat, nvme, replica.")]
    [InlineData("virtio", "There is no device 'virtio': there are edu, ioat, nvme, replica.")]
    [InlineData("", "There is no device '': there are edu, ioat, nvme, replica.")]
    public void Find_UnknownName_SaysWhatThereIs(string name, string expected)
    {
        Assert.False(DeviceCatalog.TryFind(name, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("ioat", "xfercap", "9", "xfercap=9: a number from 10 to 20 is needed.")]
    [InlineData("ioat", "xfercap", "21", "xfercap=21: a number from 10 to 20 is needed.")]
    [InlineData("ioat", "xfercap", "-1", "xfercap=-1: a number from 10 to 20 is needed.")]
    [InlineData("ioat", "xfercap", "", "xfercap=: a number from 10 to 20 is needed.")]
    [InlineData("ioat", "xfer", "12", "ioat has no key 'xfer': it has xfercap, vfs.")]
    [InlineData("ioat", "xfercup", "12", "ioat has no key 'xfercup'; 'xfercap' perhaps: it has xfercap, vfs.")]
    [InlineData("edu", "dma_mask", "0x", "dma_mask=0x: a number from 0x0 to 0xffffffffffffffff is needed.")]
    [InlineData("edu", "dma_mask", "all", "dma_mask=all: a number from 0x0 to 0xffffffffffffffff is needed.")]
    public void Create_BadKey_SaysWhatWouldBeRight(string name, string key, string value, string expected)
    {
        Assert.True(DeviceCatalog.TryFind(name, out var model, out _));
        var options = new DeviceOptions(new Dictionary<string, string> { [key] = value });
        Assert.False(model.TryCreate(options, _host.Services, out var function, out var error));
        Assert.Null(function);
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Create_WithKeys_TakesTheirValues()
    {
        Assert.True(DeviceCatalog.TryFind("ioat", out var ioat, out _));
        Assert.True(ioat.TryCreate(Options("xfercap", "12"), _host.Services, out var function, out _));
        Assert.Equal(12UL, function.ReadBar(0, 1, 1));
        Assert.True(DeviceCatalog.TryFind("edu", out var edu, out _));
        Assert.True(edu.TryCreate(Options("dma_mask", "0XFFFFFFFF"), _host.Services, out _, out var error));
        Assert.Null(error);
    }

    [Fact]
    public void Documents_NameEveryRegister()
    {
        foreach (var model in DeviceCatalog.All)
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "devices", model.Name + ".md"));
            foreach (var register in model.Registers)
            {
                Assert.Contains($"| 0x{register.Offset:x2} | {register.Name} | {register.Bits} |", text, StringComparison.Ordinal);
            }

            Assert.All(model.Keys, key => Assert.Contains($"`{key.Name}`", text, StringComparison.Ordinal));
        }
    }

    private static DeviceOptions Options(string key, string value) => new(new Dictionary<string, string> { [key] = value });
}
