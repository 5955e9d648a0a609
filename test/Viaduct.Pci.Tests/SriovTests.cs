using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;
using Viaduct.Vfio.Devices;

namespace Viaduct.Pci.Tests;

/// <summary>Virtual functions, and the token that their clients share with that of the physical one.</summary>
public sealed class SriovTests
{
    private const string Physical = "/sys/devices/pci0000:00/0000:00:05.0";
    private const string Count = Physical + "/sriov_numvfs";
    private static readonly VfToken s_token = new(1, 2);
    private static readonly VfToken s_other = new(3, 4);

    private readonly TestMachine _machine = new();
    private readonly PciDevice _device;

    public SriovTests()
    {
        _device = _machine.Add(TestFunction.WithVirtualFunctions(3, offset: 8, stride: 2), "0000:00:05.0");
        Assert.Equal(SysResult.Success, _machine.Put("/sys/module/vfio_pci/parameters/enable_sriov", "1"));
    }

    [Fact]
    public void WithoutTheParameter_ThereAreNone()
    {
        Assert.Equal(SysResult.Success, _machine.Put("/sys/module/vfio_pci/parameters/enable_sriov", "0"));
        Assert.Equal(Errno.ENOENT, _machine.Put(Count, "1").Errno);
        Assert.Equal(SysResult.Success, _machine.Put(Count, "0"));
    }

    [Theory]
    [InlineData("4", Errno.ERANGE)]
    [InlineData("65536", Errno.EINVAL)]
    [InlineData("x", Errno.EINVAL)]
    [InlineData("3", Errno.None)]
    public void Count_IsChecked(string text, Errno expected) => Assert.Equal(expected, _machine.Put(Count, text).Errno);

    [Fact]
    public void TheyComeWithDriversAndGroups_AndGo()
    {
        Assert.Equal(SysResult.Success, _machine.Put(Count, "2"));
        Assert.Equal(Errno.EBUSY, _machine.Put(Count, "1").Errno);
        Assert.Equal(["0000:00:06.0", "0000:00:06.2"], _device.VirtualFunctions.Select(f => f.Name));
        Assert.All(_device.VirtualFunctions, f => Assert.Same(_machine.Vfio, f.Driver));
        Assert.Equal(2, _device.VirtualFunctions.Select(f => f.Group.Id).Distinct().Count());
        Assert.Equal("../0000:00:06.2", _machine.Link($"{Physical}/virtfn1"));
        Assert.Equal("../0000:00:05.0", _machine.Link("/sys/devices/pci0000:00/0000:00:06.0/physfn"));
        Assert.Equal(2u, _device.Function.ReadConfig(_device.Function.Sriov!.Offset + PciSriov.PCI_SRIOV_NUM_VF, 2));
        Assert.Equal(SysResult.Success, _machine.Put(Count, "0"));
        Assert.Empty(_device.VirtualFunctions);
        Assert.Single(_machine.Bus.Devices);
        Assert.All(_machine.Groups, g => Assert.True(g.IsReleased));
        Assert.Equal(0u, _device.Function.ReadConfig(_device.Function.Sriov!.Offset + PciSriov.PCI_SRIOV_NUM_VF, 2));
    }

    [Fact]
    public void TheyAreOneBehindTheOther_InThePhysicalFunctionsWindow()
    {
        Assert.Equal(SysResult.Success, _machine.Put(Count, "3"));
        var starts = _device.VirtualFunctions.Select(f => f.Resources.Starts[0]).ToArray();
        Assert.Equal(_device.Resources.VirtualStarts[0], starts[0]);
        Assert.Equal(starts[0] + 0x4000, starts[1]);
        Assert.Equal(starts[1] + 0x4000, starts[2]);
        var register = _device.Function.Sriov!.Offset + PciSriov.PCI_SRIOV_BAR;
        Assert.Equal((uint)starts[0] | 4, _device.Function.ReadConfig(register, 4));
        Assert.Equal((uint)(starts[0] >> 32), _device.Function.ReadConfig(register + 4, 4));
        var line = _machine.Get($"{Physical}/resource").Split('\n')[7];
        Assert.Equal($"0x{starts[0]:x16} 0x{starts[0] + 0xbfff:x16} 0x0000000000140204", line);
    }

    [Fact]
    public void AResetOfThePhysicalFunction_ResetsThemAndTheyStay()
    {
        Assert.Equal(SysResult.Success, _machine.Put(Count, "2"));
        var sriov = _device.Function.Sriov!.Offset;
        var registers = _device.Function.ReadConfig(sriov + PciSriov.PCI_SRIOV_BAR, 4);
        _device.VirtualFunctions[1].Function.WriteConfig(4, 2, 4);
        Assert.Equal(SysResult.Success, _machine.Put($"{Physical}/reset", "1"));
        Assert.Equal(2u, _device.Function.ReadConfig(sriov + PciSriov.PCI_SRIOV_NUM_VF, 2));
        Assert.Equal(9u, _device.Function.ReadConfig(sriov + PciSriov.PCI_SRIOV_CTRL, 2));
        Assert.Equal(registers, _device.Function.ReadConfig(sriov + PciSriov.PCI_SRIOV_BAR, 4));
        Assert.Equal(0u, _device.VirtualFunctions[1].Function.ReadConfig(4, 2));
    }

    [Fact]
    public void UnboundPhysicalFunction_TakesThemAlong()
    {
        Assert.Equal(SysResult.Success, _machine.Put(Count, "2"));
        Assert.Equal(SysResult.Success, _machine.Put("/sys/bus/pci/drivers/vfio-pci/unbind", "0000:00:05.0"));
        Assert.Single(_machine.Bus.Devices);
    }

    [Fact]
    public async Task TakingThemAway_WaitsForTheirClients()
    {
        Assert.Equal(SysResult.Success, _machine.Put(Count, "1"));
        var function = _device.VirtualFunctions[0].Vfio!;
        Assert.Equal(SysResult.Success, _machine.System.OpenDevice(function, out var file));
        var write = _machine.PutAsync(Count, "0");
        Assert.False(write.IsCompleted);
        Assert.Equal("1\n", _machine.Get(Count));
        file!.Release();
        Assert.Equal(SysResult.Success, await write);
        Assert.Equal("0\n", _machine.Get(Count));
    }

    [Fact]
    public void Tokens_AreWhatTheKernelWants()
    {
        Assert.Equal(SysResult.Success, _machine.Put(Count, "1"));
        var (physical, function) = (_device.Vfio!, _device.VirtualFunctions[0].Vfio!);
        Assert.Equal(Errno.EACCES, function.MatchToken(null).Errno);
        Assert.Equal(Errno.EACCES, function.MatchToken(s_token).Errno);
        Assert.Equal(Errno.None, physical.MatchToken(s_token).Errno);
        Assert.Equal(Errno.None, function.MatchToken(s_token).Errno);
        Assert.Equal(Errno.EACCES, function.MatchToken(s_other).Errno);
        Assert.Equal(SysResult.Success, function.OpenDevice());
        Assert.Equal(Errno.EACCES, physical.MatchToken(null).Errno);
        Assert.Equal(Errno.EACCES, physical.MatchToken(s_other).Errno);
        Assert.Equal(Errno.None, physical.MatchToken(s_token).Errno);
        function.CloseDevice();
        Assert.Equal(Errno.None, physical.MatchToken(s_other).Errno);
        Assert.Equal(Errno.EACCES, function.MatchToken(s_token).Errno);
    }

    [Fact]
    public void Tokens_AreNotForOtherFunctions()
    {
        var device = _machine.Add(TestFunction.Edu(), "0000:00:09.0", group: 9).Vfio!;
        Assert.Equal(Errno.None, device.MatchToken(null).Errno);
        Assert.Equal(Errno.EINVAL, device.MatchToken(s_token).Errno);
    }

    [Fact]
    public void AClient_SeesIdsAndMemory_ThatTheChipDoesNotShow()
    {
        Assert.Equal(SysResult.Success, _machine.Put(Count, "1"));
        var function = _device.VirtualFunctions[0];
        Assert.Equal(0xffffffffu, function.Function.ReadConfig(0, 4));
        using var client = new Client(function.Vfio!);
        Assert.Equal(0x11ea1234u, client.GetConfig(0, 4));
        Assert.Equal(0x0002u, client.GetConfig(4, 2) & 0x0002);
        Assert.True(client.Write(Client.Config + 4, [0, 0]).Raw == 2);
        Assert.Equal(0x0000u, client.GetConfig(4, 2));
        client.Read(0, 4);
    }
}
