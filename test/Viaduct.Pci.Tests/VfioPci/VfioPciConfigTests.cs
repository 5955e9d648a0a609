using FsCheck;
using FsCheck.Fluent;
using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

public sealed class VfioPciConfigTests
{
    private const int Pm = 0;
    private const int Msi = 1;
    private const int Express = 3;

    [Fact]
    public void Open_ClearsBusMaster()
    {
        using var client = new Client(TestFunction.Edu(), open: false);
        client.Function.WriteConfig(4, 2, 0x507);
        client.Device.OpenDevice();
        Assert.Equal(0x0503u, client.GetConfig(4, 2));
        Assert.False(client.Function.Dma.BusMaster);
    }

    [Fact]
    public void Command_BusMaster_ReachesTheChip()
    {
        using var client = new Client(TestFunction.Edu());
        client.PutConfig(4, 2, 6);
        Assert.True(client.Function.Dma.BusMaster);
        client.Device.CloseDevice();
        Assert.False(client.Function.Dma.BusMaster);
    }

    [Fact]
    public void Bars_AreVirtual_AndShowTheirSizes()
    {
        using var client = new Client(TestFunction.Express());
        var chip = client.Function.ReadConfig(0x10, 4);
        for (var at = 0x10; at <= 0x30; at += 4)
        {
            client.PutConfig(at, 4, uint.MaxValue);
        }

        Assert.Equal(0xffffc004u, client.GetConfig(0x10, 4));
        Assert.Equal(0xffffffffu, client.GetConfig(0x14, 4));
        Assert.Equal(0xffffffe1u, client.GetConfig(0x18, 4));
        Assert.Equal(0u, client.GetConfig(0x1c, 4));
        Assert.Equal(0u, client.GetConfig(0x30, 4));
        Assert.Equal(chip, client.Function.ReadConfig(0x10, 4));
    }

    [Fact]
    public void ChipThatLostItsBars_GetsThemBack_BeforeItDecodes()
    {
        using var client = new Client(TestFunction.Express());
        var bar = client.Function.ReadConfig(0x10, 4);
        client.Function.Reset(PciResetKind.Function);
        Assert.Equal(4u, client.Function.ReadConfig(0x10, 4));
        client.PutConfig(4, 2, 2);
        Assert.Equal(bar, client.Function.ReadConfig(0x10, 4));
        Assert.True(client.Device.TryLoad(0, 4, out _));
    }

    [Fact]
    public void HiddenCapabilities_LeaveTheList()
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new RawCapability(0x0d, new byte[6]));
        function.Add(new PowerManagementCapability(true, pmeSupport: 0x1f));
        function.Add(new RawCapability(0x04, new byte[2]));
        function.Add(new RawCapability(0x09, [6, 0xaa, 0xbb, 0xcc], [0, 0, 0xff, 0xff]));
        function.Add(new RawCapability(0x14, new byte[2]));
        using var client = new Client(function);
        Assert.Equal(0x48u, client.GetConfig(0x34, 1));
        Assert.Equal(0x0003_5401u, client.GetConfig(0x48, 4));
        Assert.Equal([0x48, 0x54], Capabilities(client));
        client.PutConfig(0x54, 4, 0x11223344);
        client.PutConfig(0x58, 2, 0x5566);
        Assert.Equal(0xaa060009u, client.GetConfig(0x54, 4));
        Assert.Equal(0x5566u, client.GetConfig(0x58, 2));
        Assert.Equal(0u, client.GetConfig(0x4c, 4) & 0x8100);
    }

    [Fact]
    public void OnlyHiddenCapabilities_ClearTheStatusBit()
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new RawCapability(0x0d, new byte[6]));
        using var client = new Client(function);
        Assert.Equal(0u, client.GetConfig(6, 2));
        Assert.Equal(0u, client.GetConfig(0x34, 1));
    }

    [Fact]
    public void LoopInTheList_Ends()
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new RawCapability(0x09, [4]));
        function.Add(new RawCapability(0x0d, new byte[2]));
        function.Config.Set(0x45, 1, 0x40);
        using var client = new Client(function);
        Assert.Equal(0x40u, client.GetConfig(0x34, 1));
    }

    [Fact]
    public void PowerState_IsChangedNotWritten_AndMemoryGoesAway()
    {
        foreach (var keeps in new[] { true, false })
        {
            using var client = new Client(TestFunction.Express(noSoftReset: keeps));
            var pmcsr = client.Function.Capabilities[Pm].Offset + 4;
            client.PutConfig(4, 2, 6);
            client.Function.Resets.Clear();
            client.PutConfig(pmcsr, 2, 3);
            Assert.Equal(3u, client.GetConfig(pmcsr, 2) & 3);
            Assert.False(client.Device.TryLoad(0, 4, out _));
            Assert.Equal(Errno.EIO, client.Device.Read(client.Caller, Client.Argument, 4, 0).Errno);
            client.PutConfig(pmcsr, 2, 1);
            Assert.Equal(3u, client.GetConfig(pmcsr, 2) & 3);
            client.PutConfig(pmcsr, 1, 0);
            Assert.True(client.Device.TryLoad(0, 4, out _));
            Assert.Equal(keeps ? 0 : 1, client.Function.Resets.Count);
            Assert.Equal(6u, client.Function.ReadConfig(4, 2));
        }
    }

    [Fact]
    public void FunctionLevelReset_GoesThroughTheHost()
    {
        using var client = new Client(TestFunction.Express());
        var devctl = client.Function.Capabilities[Express].Offset + 8;
        client.PutConfig(4, 2, 6);
        client.Function.Resets.Clear();
        client.PutConfig(devctl, 2, 0x8810);
        Assert.Equal([PciResetKind.Function], client.Function.Resets);
        Assert.Equal(0x0810u, client.GetConfig(devctl, 2) & 0x8fff);
        Assert.Equal(6u, client.GetConfig(4, 2));
        Assert.True(client.Device.TryLoad(0, 4, out _));
    }

    [Fact]
    public void DeviceControl_PayloadIsVirtual_RequestSizeHasAFloor()
    {
        using var client = new Client(TestFunction.Express());
        var devctl = client.Function.Capabilities[Express].Offset + 8;
        client.Function.WriteConfig(devctl, 2, 0x2840);
        client.PutConfig(devctl, 2, 0x0a20);
        Assert.Equal(0x0820u, client.GetConfig(devctl, 2));
        Assert.Equal(0x2840u, client.Function.ReadConfig(devctl, 2));
        client.PutConfig(devctl, 2, 0x5820);
        Assert.Equal(0x5840u, client.Function.ReadConfig(devctl, 2));
        client.PutConfig(devctl, 2, 0x7820);
        Assert.Equal(0x5840u, client.Function.ReadConfig(devctl, 2));
    }

    [Fact]
    public void MsixControl_CannotBeWritten()
    {
        using var client = new Client(TestFunction.Express());
        var at = client.Function.Msix!.Offset;
        client.PutConfig(at + 2, 2, 0xc000);
        Assert.Equal(4u, client.GetConfig(at + 2, 2));
        Assert.Equal(4u, client.Function.ReadConfig(at + 2, 2));
    }

    [Fact]
    public void MsiControl_FollowsSetIrqs()
    {
        using var client = new Client(TestFunction.Express());
        var at = client.Function.Capabilities[Msi].Offset;
        client.PutConfig(at + 2, 2, 0x21);
        Assert.Equal(0x0100u, client.GetConfig(at + 2, 2));
        var e = client.Caller.NewEventFd().Number;
        Assert.False(client.SetIrqs((VfioIrqSetFlags)0x24, 1, 0, 3, e, e, e).IsError);
        client.PutConfig(at + 2, 2, 0x71);
        Assert.Equal(0x0121u, client.GetConfig(at + 2, 2));
        Assert.Equal(0x21u, client.Function.ReadConfig(at + 2, 2) & 0x71);
        Assert.Equal(0u, client.GetConfig(at + 4, 4));
    }

    [Fact]
    public void ExtendedList_HidesWhatItMust_AndKeepsAnAnchor()
    {
        var function = TestFunction.Express();
        function.Add(new PciExtendedCapability(0x0019, 1, new byte[12]));
        function.Add(new PciExtendedCapability(0x0003, 1, [1, 2, 3, 4, 5, 6, 7, 8]));
        function.Add(new PciExtendedCapability(0x001b, 1, new byte[4]));
        function.Add(new PciExtendedCapability(0x000b, 1, [0, 0, 0xc0, 0, 9, 9, 9, 9], Enumerable.Repeat((byte)0xff, 8).ToArray()));
        function.Add(new PciExtendedCapability(0x0001, 2, new byte[0x28], Enumerable.Repeat((byte)0xff, 0x28).ToArray()));
        using var client = new Client(function);
        Assert.Equal(0x11000000u, client.GetConfig(0x100, 4));
        Assert.Equal(0x12410003u, client.GetConfig(0x110, 4));
        Assert.Equal(0x1301000bu, client.GetConfig(0x124, 4));
        Assert.Equal(0x00020001u, client.GetConfig(0x130, 4));
        client.PutConfig(0x12c, 4, 0x12345678);
        Assert.Equal(0x12345678u, client.GetConfig(0x12c, 4));
        client.PutConfig(0x138, 4, uint.MaxValue);
        Assert.Equal(0x03fff031u & client.GetConfig(0x138, 4), client.GetConfig(0x138, 4));
        client.PutConfig(0x14c, 4, uint.MaxValue);
        Assert.Equal(0u, client.GetConfig(0x14c, 4));
    }

    [Fact]
    public void BeyondTheEnd_ReturnsEFAULT_AndMovesNothing()
    {
        using var client = new Client(TestFunction.Express());
        Assert.Equal(Errno.EFAULT, client.Device.Read(client.Caller, Client.Argument, 4, Client.Config + 4094).Errno);
        Assert.Equal(Errno.EFAULT, client.Device.Write(client.Caller, Client.Argument, 4097, Client.Config).Errno);
        Assert.Equal(4096, client.Device.Read(client.Caller, Client.Argument, 4096, Client.Config).Raw);
    }

    [Fact]
    public void BufferThatEnds_GetsAndGivesTheBytesBefore()
    {
        using var client = new Client(TestFunction.Edu());
        var fake = client.Caller.Fake;
        var end = FakeMemory.Base + (ulong)fake.Bytes.Length;
        Assert.Equal(Errno.EFAULT, client.Device.Read(client.Caller, end - 6, 16, Client.Config).Errno);
        Assert.Equal("3412e8110301", Convert.ToHexStringLower(fake.Bytes.AsSpan()[^6..]));
        fake.Bytes.AsSpan()[^6..].Fill(0xff);
        Assert.Equal(Errno.EFAULT, client.Device.Write(client.Caller, end - 6, 8, Client.Config + 4).Errno);
        Assert.Equal(0x0507u, client.GetConfig(4, 2));
        Assert.Equal(Errno.EFAULT, client.Device.Write(client.Caller, end - 2, 4, Client.Config + 0xc).Errno);
        Assert.Equal(0u, client.GetConfig(0xc, 4));
    }

    [Fact]
    public void Close_RestoresWhatTheClientWrote()
    {
        using var client = new Client(TestFunction.Express());
        var before = client.Read(Client.Config, 4096);
        client.Write(Client.Config, Enumerable.Repeat((byte)0xff, 4096).ToArray());
        client.Device.CloseDevice();
        Assert.False(client.Device.TryLoad(0, 4, out _));
        client.Device.OpenDevice();
        Assert.Equal(Convert.ToHexString(before), Convert.ToHexString(client.Read(Client.Config, 4096)));
    }

    [Fact]
    public void Reset_KeepsTheClientsView_AndResetsTheModel()
    {
        using var client = new Client(TestFunction.Express());
        client.PutConfig(4, 2, 6);
        client.Function.Resets.Clear();
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_RESET));
        Assert.Equal([PciResetKind.Function], client.Function.Resets);
        Assert.Equal(6u, client.GetConfig(4, 2));
        Assert.True(client.Function.Dma.BusMaster);
    }

    [Fact]
    public void Read_OfAnyWidth_IsItsBytes()
    {
        using var client = new Client(TestFunction.Express());
        var bytes = client.Read(Client.Config, 4096);
        Prop.ForAll(Gen.Choose(0, 4095).ToArbitrary(), Gen.Choose(1, 64).ToArbitrary(), (offset, count) =>
        {
            count = Math.Min(count, 4096 - offset);
            return client.Read(Client.Config + (ulong)offset, count).AsSpan().SequenceEqual(bytes.AsSpan(offset, count));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Writes_NeverChangeReadOnlyBytes_AndTheListEnds()
    {
        var arbitrary = ArbMap.Default.ArbFor<byte[]>();
        Prop.ForAll(Gen.Choose(0, 255).ToArbitrary(), arbitrary, (offset, data) =>
        {
            using var client = new Client(TestFunction.Express());
            var before = client.Read(Client.Config, 256);
            var list = Capabilities(client);
            client.Write(Client.Config + (ulong)offset, data.AsSpan(0, Math.Min(data.Length, 256 - offset)));
            var after = client.Read(Client.Config, 256);
            int[] fixedBytes = [0, 1, 2, 3, 6, 8, 9, 10, 11, 14, 0x2c, 0x2d, 0x2e, 0x2f, 0x34, 0x3d];
            return Array.TrueForAll(fixedBytes, at => before[at] == after[at]) && list.SequenceEqual(Capabilities(client));
        }).QuickCheckThrowOnFailure();
    }

    private static List<int> Capabilities(Client client)
    {
        var list = new List<int>();
        for (var at = (int)client.GetConfig(0x34, 1); at != 0; at = (int)client.GetConfig(at + 1, 1))
        {
            list.Add(at);
            Assert.True(list.Count <= 48);
        }

        return list;
    }
}
