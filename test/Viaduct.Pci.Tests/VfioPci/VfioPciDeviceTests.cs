using System.Text;
using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

public sealed class VfioPciDeviceTests
{
    [Theory]
    [InlineData("0000:00:05.0", 1, Errno.None)]
    [InlineData("0000:00:05.0 ", 1, Errno.None)]
    [InlineData("0000:00:05.0   ", 1, Errno.None)]
    [InlineData("0000:00:05.1", 0, Errno.None)]
    [InlineData("0000:00:05", 0, Errno.None)]
    [InlineData("", 0, Errno.None)]
    [InlineData("0000:00:05.0x", 0, Errno.None)]
    [InlineData("0000:00:05.0\n", 0, Errno.None)]
    [InlineData("0000:00:05.0 x", 0, Errno.EINVAL)]
    [InlineData("0000:00:05.0 vf_token=", 0, Errno.EINVAL)]
    [InlineData("0000:00:05.0 vf_token=2ab74924-c335-45f4-9b16-8569e5b08258", 0, Errno.EINVAL)]
    public void Match_OfTheName(string request, int value, Errno errno)
    {
        using var client = new Client(TestFunction.Edu());
        var result = client.Device.Match(Encoding.ASCII.GetBytes(request));
        Assert.Equal(errno, result.Errno);
        Assert.Equal(value, errno == Errno.None ? result.Raw : 0);
    }

    [Theory]
    [InlineData("0000:01:00.0", true)]
    [InlineData("abCD:fF:1f.7", true)]
    [InlineData("0000:01:20.0", false)]
    [InlineData("0000:01:00.8", false)]
    [InlineData("01:00.0", false)]
    [InlineData("0000:01:00.", false)]
    [InlineData("0000-01:00.0", false)]
    [InlineData(" 000:01:00.0", false)]
    [InlineData("0000:+1:00.0", false)]
    [InlineData("0000:01:00.00", false)]
    public void PciAddress_TakesTheFullFormOnly(string text, bool isAddress)
    {
        Assert.Equal(isAddress, PciAddress.TryParse(text, out var address));
        if (isAddress)
        {
            Assert.Equal(text.ToLowerInvariant(), address.ToString());
        }
    }

    [Fact]
    public void State_OfAChipWithoutReset_SurvivesReopen()
    {
        var ram = new RamRegisters(1 << 20);
        using var client = new Client(TestFunction.Edu(ram));
        client.Put(0x40, 4, 77);
        client.Device.CloseDevice();
        client.Device.OpenDevice();
        Assert.Equal(77u, client.Get(0x40, 4));
        Assert.Empty(client.Function.Resets);
    }

    [Fact]
    public void OpenAndClose_ResetAChipThatCan()
    {
        using var client = new Client(TestFunction.Express());
        Assert.Single(client.Function.Resets);
        client.Device.CloseDevice();
        Assert.Equal(2, client.Function.Resets.Count);
    }

    [Fact]
    public void HostBridge_GivesEachBarItsOwnPages()
    {
        var bridge = new PciHostBridge();
        Assert.True(PciAddress.TryParse("0000:01:02.0", out var address));
        var first = bridge.Configure(TestFunction.Express(), address);
        var second = bridge.Configure(TestFunction.Express(), address);
        Assert.Equal(first.Starts[0] + 0x4000, second.Starts[0]);
        Assert.Equal(0u, first.Starts[0] & 0x3fff);
        Assert.Equal(0xc000UL, first.Starts[2]);
        Assert.Equal(0xc020UL, second.Starts[2]);
        Assert.Equal(18u, first.Line);
    }
}
