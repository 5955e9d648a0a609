using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;
using Viaduct.Pci.VfioPci;
using Viaduct.Vfio;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.Tests.VfioPci;

/// <summary>Hot reset of a bus with two functions, each in a group of its own, as behind a port of a card with ACS.</summary>
public sealed class HotResetTests : IDisposable
{
    private const ulong Argument = FakeMemory.Base + 0x1000;

    private readonly PciHostBridge _bridge = new();
    private readonly VfioSystem _system = new([]);
    private readonly FakeCaller _caller = new();
    private readonly TestFunction _first = TestFunction.Edu();
    private readonly TestFunction _second = TestFunction.Edu();
    private readonly VfioPciDevice _device;
    private readonly VfioPciDevice _sibling;

    public HotResetTests()
    {
        // The higher function first: the bus orders them.
        _sibling = Add(_second, "0000:01:00.1", 8);
        _device = Add(_first, "0000:01:00.0", 7);
        Assert.Equal(SysResult.Success, _device.OpenDevice());
    }

    public void Dispose() => _caller.Dispose();

    [Fact]
    public void Info_WithoutRoom_ReturnsENOSPCAndTheCount()
    {
        Assert.Equal(Errno.ENOSPC, Info(27).Errno);
        Assert.Equal(2u, Word(2));
        Assert.Equal(0u, Word(3));
    }

    [Fact]
    public void Info_ByAGroup_ListsGroupsInTheOrderOfTheBus()
    {
        Assert.Equal(SysResult.Success, Info(28));
        Assert.Equal([28u, 0u, 2u, 7u, 0x00010000u, 8u, 0x01010000u], Enumerable.Range(0, 7).Select(Word));
    }

    [Fact]
    public void Reset_WithOneOfTwoGroups_ReturnsEINVALAndResetsNothing()
    {
        Assert.Equal(Errno.EINVAL, Reset(OpenGroup(7)).Errno);
        Assert.Equal(Errno.EINVAL, Reset(OpenGroup(8)).Errno);
        Assert.Empty(_first.Resets);
    }

    [Fact]
    public void Reset_WithAllGroups_ResetsAllFunctionsAndKeepsTheirConfiguration()
    {
        _first.WriteConfig(0x04, 2, 0x107);
        var starts = _first.ReadConfig(0x10, 4);
        Assert.Equal(SysResult.Success, Reset(OpenGroup(8), OpenGroup(7)));
        Assert.Equal([PciResetKind.Bus], _first.Resets);
        Assert.Equal([PciResetKind.Bus], _second.Resets);
        Assert.Equal(0x107u, _first.ReadConfig(0x04, 2));
        Assert.Equal(starts, _first.ReadConfig(0x10, 4));
    }

    [Fact]
    public void Reset_WithBadDescriptors_IsDecidedByTheFirst()
    {
        Assert.Equal(Errno.EINVAL, Reset(FakeCaller.OtherFile, FakeCaller.Closed).Errno);
        Assert.Equal(Errno.EBADF, Reset(FakeCaller.Closed, FakeCaller.OtherFile).Errno);
        var group = OpenGroup(7);
        Assert.Equal(Errno.EINVAL, Reset(group, group, group).Errno);
        Assert.Equal(Errno.EINVAL, Reset().Errno);
    }

    [Fact]
    public void Reset_WithAFunctionOfAnotherDriver_ReturnsEINVAL()
    {
        _ = _bridge.TryGetBus(_device.Address, out var bus);
        bus!.Add(new PciBusFunction(Address("0000:01:00.2"), TestFunction.Edu(), TestFunction.NewGroup(), null));
        Assert.Equal(Errno.EINVAL, Reset(OpenGroup(7), OpenGroup(8)).Errno);
        Assert.Equal(Errno.ENOSPC, Info(28).Errno);
        Assert.Equal(3u, Word(2));
    }

    [Fact]
    public void Reset_OfAFunctionThatIsNotAlone_IsNone()
    {
        Assert.Equal(Errno.EINVAL, _device.Ioctl(_caller, VfioIoctl.VFIO_DEVICE_RESET, 0).Errno);
        Assert.Empty(_first.Resets);
    }

    [Fact]
    public void LastClose_WithoutAResetOfItsOwn_ResetsTheBus()
    {
        _device.CloseDevice();
        Assert.Equal([PciResetKind.Bus], _first.Resets);
        Assert.Equal([PciResetKind.Bus], _second.Resets);
    }

    [Fact]
    public void AFunctionAloneBehindAPort_IsResetByItsBus()
    {
        var alone = TestFunction.Edu();
        var device = Add(alone, "0000:02:00.0", 9);
        Assert.Equal(SysResult.Success, device.OpenDevice());
        Assert.Equal(SysResult.Success, device.Ioctl(_caller, VfioIoctl.VFIO_DEVICE_RESET, 0));
        Assert.Equal([PciResetKind.Bus, PciResetKind.Bus], alone.Resets);
        Assert.Equal("bus", device.ResetMethods);
        device.CloseDevice();
        Assert.Equal(3, alone.Resets.Count);
    }

    [Fact]
    public void Functions_OfOneDevice_AreMarkedInTheFirst()
    {
        Assert.Equal(0x80u, _first.ReadConfig(0x0e, 1));
        Assert.Equal(0u, _second.ReadConfig(0x0e, 1));
    }

    [Theory]
    [InlineData("serial", true)]
    [InlineData(null, false)]
    public void AFunctionOfAnotherDriver_IsInSysfsOnlyAndSpoilsItsGroup(string? driver, bool spoils)
    {
        var group = TestFunction.NewGroup(21);
        var device = new VfioPciDevice(group, TestFunction.Edu(), Address("0000:04:00.0"), _bridge, driver);
        Assert.Equal(spoils, group.HasHostDriver);
        var tree = new SysfsTree();
        device.Describe(tree);
        var names = ((SysfsDirectory)Find(tree, device.SysfsPath)).Children.Keys;
        Assert.DoesNotContain("vfio-dev", names);
        Assert.Equal(spoils, names.Contains("driver"));
        Assert.Equal(spoils, Text(tree, $"{device.SysfsPath}/uevent").StartsWith("DRIVER=serial\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Bridges_StayAwayFromDevicesAndEndWithTheirPlaces()
    {
        var bridge = new PciHostBridge();
        bridge.Reserve(Address("0000:00:01.3"));
        Assert.True(bridge.TryGetBus(Address("0000:00:01.3"), out var root));
        Assert.Null(root.Bridge);
        for (var bus = 1; bus <= 240; bus++)
        {
            Assert.True(bridge.TryGetBus(Address($"0000:{bus:x2}:00.0"), out var found));
            Assert.NotEqual(1, found.Bridge!.Address.Device);
        }

        Assert.Equal(240, bridge.Buses.Select(b => b.Bridge?.Address).Where(a => a is not null).Distinct().Count());
        Assert.False(bridge.TryGetBus(Address("0000:fe:00.0"), out _));
    }

    [Fact]
    public void Sysfs_OfAPort_IsABridgeWithItsGroup()
    {
        _ = _bridge.TryGetBus(_device.Address, out var bus);
        bus!.Bridge!.Group = TestFunction.NewGroup(12);
        var tree = new SysfsTree();
        _device.Describe(tree);
        const string Port = "/sys/devices/pci0000:00/0000:00:01.0";
        Assert.Equal("0x060400\n", Text(tree, $"{Port}/class"));
        Assert.Equal("1\n", Text(tree, $"{Port}/secondary_bus_number"));
        var config = ((SysfsAttribute)Find(tree, $"{Port}/config")).Show(isPrivileged: true);
        Assert.Equal(4096, config.Length);
        Assert.Equal(1, config[0x0e]);
        Assert.Equal(1, config[0x19]);
        Assert.Equal("../../../kernel/iommu_groups/12", ((SysfsLink)Find(tree, $"{Port}/iommu_group")).Target);
        Assert.Equal(
            "../../../../devices/pci0000:00/0000:00:01.0",
            ((SysfsLink)Find(tree, "/sys/kernel/iommu_groups/12/devices/0000:00:01.0")).Target);
        Assert.Equal("../../../../bus/pci", ((SysfsLink)Find(tree, $"{_device.SysfsPath}/subsystem")).Target);
    }

    private static PciAddress Address(string text)
    {
        Assert.True(PciAddress.TryParse(text, out var address));
        return address;
    }

    private static SysfsNode Find(SysfsTree tree, string path)
        => path.Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate((SysfsNode)tree.Root, (node, name) => ((SysfsDirectory)node).Children[name]);

    private static string Text(SysfsTree tree, string path)
        => System.Text.Encoding.ASCII.GetString(((SysfsAttribute)Find(tree, path)).Show());

    private VfioPciDevice Add(TestFunction function, string address, int group)
    {
        var device = new VfioPciDevice(TestFunction.NewGroup(group), function, Address(address), _bridge);
        _system.Add(device);
        return device;
    }

    private int OpenGroup(int id)
    {
        Assert.Equal(SysResult.Success, _system.FindGroup(id)!.Open(out var file));
        _caller.Files.Add(100 + id, file!);
        return 100 + id;
    }

    private uint Word(int index)
        => BinaryPrimitives.ReadUInt32LittleEndian(_caller.Fake.Bytes.AsSpan((int)(Argument - FakeMemory.Base) + (4 * index)));

    private SysResult Info(uint size) => Call(VfioIoctl.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, [(int)size, -1, -1, 0, 0, 0, 0]);

    private SysResult Reset(params int[] descriptors)
        => Call(VfioIoctl.VFIO_DEVICE_PCI_HOT_RESET, [12 + (4 * descriptors.Length), 0, descriptors.Length, .. descriptors]);

    private SysResult Call(uint command, ReadOnlySpan<int> words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(
                _caller.Fake.Bytes.AsSpan((int)(Argument - FakeMemory.Base) + (4 * i)), words[i]);
        }

        return _device.Ioctl(_caller, command, Argument);
    }
}
