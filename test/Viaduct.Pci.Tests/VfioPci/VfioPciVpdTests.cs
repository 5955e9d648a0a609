using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

/// <summary>VPD through configuration space: the flag turns when the four bytes have moved, and never where they cannot.</summary>
public sealed class VfioPciVpdTests
{
    private const int At = 0x40;

    // An identifier of four bytes, read-only data of five, and the end: 16 bytes in all.
    private static readonly byte[] s_content =
        [0x82, 4, 0, (byte)'c', (byte)'a', (byte)'r', (byte)'d', 0x90, 5, 0, 1, 2, 3, 4, 5, 0x78, 0xee, 0xee, 0xee, 0xee];

    [Theory]
    [InlineData(0, 0x63000482u)]
    [InlineData(4, 0x90647261u)]
    [InlineData(12, 0x78050403u)]
    [InlineData(13, 0x00780504u)] // what is behind the end tag is no data
    [InlineData(16, 0u)]
    [InlineData(0x7ffc, 0u)]
    public void Read_TurnsTheFlag(int address, uint expected)
    {
        using var client = NewClient(s_content);
        client.PutConfig(At + 2, 2, (uint)address);
        Assert.Equal((uint)address | 0x8000, client.GetConfig(At + 2, 2));
        Assert.Equal(expected, client.GetConfig(At + 4, 4));
    }

    [Fact]
    public void Write_TurnsTheFlag_AndStores()
    {
        using var client = NewClient(s_content);
        client.PutConfig(At + 4, 4, 0x11223344);
        client.PutConfig(At + 2, 2, 0x8008);
        Assert.Equal(8u, client.GetConfig(At + 2, 2));
        client.PutConfig(At + 2, 2, 8);
        Assert.Equal(0x8008u, client.GetConfig(At + 2, 2));
        Assert.Equal(0x11223344u, client.GetConfig(At + 4, 4));
    }

    [Theory]
    [InlineData(0x8006)] // not aligned
    [InlineData(0x8010)] // behind the end tag
    [InlineData(0xfffc)]
    public void Write_WhereNothingCanBe_LeavesTheFlag(int register)
    {
        using var client = NewClient(s_content);
        client.PutConfig(At + 2, 2, (uint)register);
        Assert.Equal((uint)register, client.GetConfig(At + 2, 2));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0x82, 0xff, 0xff, 0 })] // longer than the address goes
    public void ChipWithoutData_NeverTurnsTheFlag(byte[] content)
    {
        using var client = NewClient(content);
        client.PutConfig(At + 2, 2, 0);
        Assert.Equal(0u, client.GetConfig(At + 2, 2));
        client.PutConfig(At + 2, 2, 0x8000);
        Assert.Equal(0x8000u, client.GetConfig(At + 2, 2));
    }

    [Fact]
    public void OnlyTheUpperByteOfTheAddress_StartsATransfer()
    {
        using var client = NewClient(s_content);
        client.PutConfig(At + 2, 1, 4);
        Assert.Equal(4u, client.GetConfig(At + 2, 2));
        client.PutConfig(At + 3, 1, 0);
        Assert.Equal(0x8004u, client.GetConfig(At + 2, 2));
        Assert.Equal(0x90647261u, client.GetConfig(At + 4, 4));
    }

    [Fact]
    public void DataOfMissingEndTag_EndsWithTheChip()
    {
        using var client = NewClient([0x82, 1, 0, 7]);
        client.PutConfig(At, 4, 0x00000000);
        Assert.Equal(0x07000182u, client.GetConfig(At + 4, 4));
    }

    private static Client NewClient(byte[] content)
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new VpdCapability([.. content]));
        return new Client(function);
    }
}
