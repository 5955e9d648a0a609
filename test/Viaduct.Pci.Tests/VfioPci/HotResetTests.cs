using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;
using Viaduct.Pci.VfioPci;
using Viaduct.Vfio;

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
        _ = new PciDevice(TestFunction.Edu(), Address("0000:01:00.2"), TestFunction.NewGroup(), _bridge);
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
        Assert.Equal("bus", device.Pci.ResetMethods);
        device.CloseDevice();
        Assert.Equal(3, alone.Resets.Count);
    }

    [Fact]
    public void Functions_OfOneDevice_AreMarkedInTheFirst()
    {
        Assert.Equal(0x80u, _first.ReadConfig(0x0e, 1));
        Assert.Equal(0u, _second.ReadConfig(0x0e, 1));
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

    private static PciAddress Address(string text)
    {
        Assert.True(PciAddress.TryParse(text, out var address));
        return address;
    }

    private VfioPciDevice Add(TestFunction function, string address, int group)
    {
        var device = new VfioPciDevice(new PciDevice(function, Address(address), TestFunction.NewGroup(group), _bridge));
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
