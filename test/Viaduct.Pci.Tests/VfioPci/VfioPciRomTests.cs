using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

public sealed class VfioPciRomTests
{
    private const ulong Rom = 6UL << 40;
    private static readonly byte[] s_image = [0x55, 0xaa, 1, .. Enumerable.Repeat((byte)7, 509)];

    [Fact]
    public void Rom_ReadsItsImage_AndOnesBehindIt()
    {
        using var client = NewClient(s_image);
        Assert.Equal([0x55, 0xaa, 1, 7], client.Read(Rom, 4));
        Assert.Equal([7, 7, 0xff, 0xff], client.Read(Rom + 510, 4));
        Assert.Equal(2048, client.Device.Read(client.Caller, Client.Argument, 4096, Rom).Raw);
        Assert.Equal(Errno.EINVAL, client.Device.Read(client.Caller, Client.Argument, 1, Rom + 2048).Errno);
        Assert.Equal(Errno.EINVAL, client.Write(Rom, [1, 2]).Errno);
    }

    [Fact]
    public void Rom_NeedsMemoryEnabled()
    {
        using var client = NewClient(s_image);
        client.PutConfig(4, 2, 0);
        Assert.Equal(Errno.ENOMEM, client.Device.Read(client.Caller, Client.Argument, 4, Rom).Errno);
    }

    [Theory]
    [InlineData(new byte[0], 0u)]
    [InlineData(new byte[] { 0xaa, 0x55 }, 0u)]
    [InlineData(new byte[] { 0x55, 0xaa }, 2048u)]
    public void Region_IsThere_WhereAnImageIs(byte[] content, uint size)
    {
        using var client = NewClient(content);
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, 32, 0, 6, 0, 0, 0, 0, 0));
        Assert.Equal(size, client.Word(4));
        Assert.Equal(size == 0 ? 0u : 1u, client.Word(1));

        // The register is sized whatever the content.
        client.PutConfig(0x30, 4, uint.MaxValue);
        Assert.Equal(0xfffff801u, client.GetConfig(0x30, 4));
    }

    [Fact]
    public void LostRegister_ComesBackWithTheBars()
    {
        using var client = NewClient(s_image);
        var before = client.Function.ReadConfig(0x30, 4);
        Assert.NotEqual(0u, before);
        client.Function.Reset(PciResetKind.Function);
        client.PutConfig(4, 2, 2);
        Assert.Equal(before, client.Function.ReadConfig(0x30, 4));
    }

    private static Client NewClient(byte[] content)
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new PciBar(0, PciBarKind.Memory32, 4096, new RamRegisters(4096)));
        function.Add(new PciRom(2048, content));
        return new Client(function);
    }
}
