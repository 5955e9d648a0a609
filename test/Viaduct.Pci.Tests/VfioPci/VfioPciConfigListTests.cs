using FsCheck;
using FsCheck.Fluent;
using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

/// <summary>Lists of capabilities that no honest chip has.</summary>
public sealed class VfioPciConfigListTests
{
    private const int AllBytes = 4096;

    [Theory]
    [InlineData(0xfe)]
    [InlineData(0xff)]
    [InlineData(0xfc)]
    public void CapabilityAtTheEnd_IsCut(int at)
    {
        foreach (byte id in new byte[] { 1, 3, 5, 7, 9, 0x10, 0x11, 0x12, 0x13 })
        {
            var function = new TestFunction(TestFunction.EduIdentity);
            function.Add(new RawCapability(0x0d, new byte[2]));
            function.Config.Set(0x41, 1, (uint)at);
            function.Config.Set(at, 1, id);
            function.Config.Set(at + 2, 1, 0x20);
            using var client = new Client(function);
            Assert.Equal(256, client.Read(Client.Config, 256).Length);
            client.Write(Client.Config, Enumerable.Repeat((byte)0xff, 256).ToArray());
            Assert.Equal((uint)at, client.GetConfig(0x34, 1));
        }
    }

    [Fact]
    public void HiddenCapabilityBehindTheLastByte_WritesNothing()
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new RawCapability(0x0d, new byte[2]));
        function.Config.Set(0x41, 1, 0xff);
        function.Config.Set(0xff, 1, 0x0d);
        using var client = new Client(function);
        Assert.Equal(0xffu, client.Read(Client.Config, 256)[0x34] | 0xffu);
    }

    [Fact]
    public void OverlappingCapabilities_TheLaterOneHasTheBytes()
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new RawCapability(0x09, [0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        function.Config.Set(0x41, 1, 0x48);
        function.Config.Set(0x48, 1, 0x13);
        function.Config.Set(0x4b, 1, 3);
        using var client = new Client(function);

        // Advanced Features at 0x48 to 0x4d: its control reads zero, and the vendor's bytes around it are the chip's.
        client.PutConfig(0x4c, 1, 1);
        Assert.Equal(0u, client.GetConfig(0x4c, 1));
        Assert.Equal(0x13u, client.GetConfig(0x48, 1));
    }

    [Fact]
    public void LoopOfExtendedCapabilities_Ends()
    {
        var function = TestFunction.Express();
        function.Add(new PciExtendedCapability(3, 1, new byte[8]));
        function.Add(new PciExtendedCapability(0x19, 1, new byte[4]));
        function.Config.Load(0x10c, [0x19, 0, 1, 0x10]);
        using var client = new Client(function);
        Assert.Equal(0x10010003u, client.GetConfig(0x100, 4));
    }

    [Fact]
    public void FirstExtendedCapabilityWithoutId_ShowsTheChip()
    {
        var function = TestFunction.Express();
        function.Add(new PciExtendedCapability(0, 1, new byte[4]));
        function.Add(new PciExtendedCapability(3, 1, new byte[8]));
        using var client = new Client(function);
        Assert.Equal(0x10810000u, client.GetConfig(0x100, 4));
        Assert.Equal(0x00010003u, client.GetConfig(0x108, 4));
    }

    [Fact]
    public void ExtendedIdBeyondAByte_IsHidden_ButAnchors()
    {
        var function = TestFunction.Express();
        function.Add(new PciExtendedCapability(0x1234, 5, new byte[4]));
        function.Add(new PciExtendedCapability(3, 1, new byte[8]));
        using var client = new Client(function);
        Assert.Equal(0x10800000u, client.GetConfig(0x100, 4));
    }

    [Theory]
    [InlineData(0x02, 12)]
    [InlineData(0x0c, 0)]
    public void CapabilityThatOnlyItsListMayChange_IsReadOnly(byte id, int length)
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new RawCapability(id, new byte[14], Enumerable.Repeat((byte)0xff, 14).ToArray()));
        function.Add(new RawCapability(0x01, new byte[6]));
        using var client = new Client(function);
        client.Write(Client.Config + 0x40, Enumerable.Repeat((byte)0xff, 16).ToArray());
        var bytes = client.Read(Client.Config + 0x40, 16);

        // Behind a capability's length, and all of a hidden one, the bytes are the chip's own.
        Assert.All(bytes[Math.Max(length, 2)..], b => Assert.Equal(0xff, b));
        Assert.All(bytes[2..Math.Max(length, 2)], b => Assert.Equal(0, b));
    }

    [Theory]
    [InlineData(0x08, 3, 0x00, 28)]
    [InlineData(0x08, 3, 0x20, 8)]
    [InlineData(0x12, 4, 0x0f, 16)]
    [InlineData(0x12, 4, 0x04, 8)]
    [InlineData(0x07, 3, 0x00, 8)]
    [InlineData(0x07, 3, 0x10, 24)]
    public void Length_FollowsTheChipsRegister(byte id, int register, byte value, int length)
    {
        var body = new byte[38];
        body[register - 2] = value;
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new RawCapability(id, body, [.. Enumerable.Repeat((byte)0, 6), .. Enumerable.Repeat((byte)0xff, 32)]));
        using var client = new Client(function);
        client.Write(Client.Config + 0x40, Enumerable.Repeat((byte)0xff, 40).ToArray());
        var bytes = client.Read(Client.Config + 0x40, 40);
        var end = id == 0x07 && length == 24 ? 12 : 8; // PCI-X 2.0 has an ECC register that clients write
        Assert.All(bytes[length..], b => Assert.Equal(0xff, b));
        Assert.All(bytes[Math.Min(end, length)..length], b => Assert.Equal(0, b));
    }

    [Theory]
    [InlineData(0x02, 0x00, 0x00, 28)] // one channel
    [InlineData(0x08, 0x01, 0x08, 112)] // two, and 128 phases behind the next multiple of 16
    [InlineData(0x09, 0x07, 0x02, 128)] // eight, and 32 phases
    [InlineData(0x0d, 0x00, 0x00, 8)]
    [InlineData(0x0d, 0x20, 0x00, 8)]
    [InlineData(0x16, 0x1f, 0x00, 48)]
    [InlineData(0x17, 0x00, 0x00, 12)]
    [InlineData(0x12, 0x00, 0x00, 40)]
    [InlineData(0x0f, 0x00, 0x00, 8)]
    [InlineData(0x10, 0x00, 0x00, 64)]
    [InlineData(0x18, 0x00, 0x00, 8)]
    public void ExtendedLength_FollowsTheChipsRegisters(ushort id, byte fourth, byte eighth, int length)
    {
        var body = new byte[508];
        body[0] = fourth;
        body[4] = eighth;
        if (id == 0x0d && fourth == 0x20)
        {
            body[1] = 64; // egress control vector of 64 bits
            length += 8;
        }

        var function = TestFunction.Express();
        function.Add(new PciExtendedCapability(id, 1, body, [.. new byte[8], .. Enumerable.Repeat((byte)0xff, 500)]));
        using var client = new Client(function);
        client.Write(Client.Config + 0x100, Enumerable.Repeat((byte)0xff, 512).ToArray());
        var bytes = client.Read(Client.Config + 0x100, 512);
        Assert.All(bytes[Math.Max(12, length)..], b => Assert.Equal(0xff, b));
        Assert.All(bytes[12..Math.Max(12, length)], b => Assert.Equal(0, b));
    }

    [Fact]
    public void AnyBytes_AreSurvived_AndTheListsEnd()
    {
        var bytes = Gen.ArrayOf(Gen.Choose(0, 255)).Resize(512).ToArbitrary();
        Prop.ForAll(bytes, Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), (noise, seed) =>
        {
            using var client = new Client(Noisy(noise, seed), open: false);
            client.Device.OpenDevice();
            var before = client.Read(Client.Config, AllBytes);
            client.Write(Client.Config, Enumerable.Repeat((byte)(seed & 0xff), AllBytes).ToArray());
            client.Read(Client.Config, AllBytes);
            client.Device.CloseDevice();
            return before[0] == 0x86;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void I40e_HasNoPin_AndItsLineStaysDisabled()
    {
        foreach (var (device, hidden) in new[] { (0x1572, true), (0x1582, false), (0x158b, true), (0x37d1, true), (0x1563, true), (0x10d3, false) })
        {
            var function = new TestFunction(TestFunction.EduIdentity with { VendorId = 0x8086, DeviceId = (ushort)device });
            using var client = new Client(function);
            Assert.Equal(hidden ? 0u : 1u, client.GetConfig(0x3d, 1));
            Assert.Equal(hidden ? 0x503u : 0x103u, client.GetConfig(4, 2));
            client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO, 16, 0, 0, 0);
            Assert.Equal(hidden ? 0u : 1u, client.Word(3));
            client.PutConfig(4, 2, 3);
            Assert.Equal(hidden ? 0x400u : 0u, client.Function.ReadConfig(4, 2) & 0x400);
        }
    }

    /// <summary>Bytes anywhere behind the header, and pointers and ids that are often valid.</summary>
    private static TestFunction Noisy(int[] noise, int seed)
    {
        byte[] ids = [1, 2, 3, 5, 7, 8, 9, 0x10, 0x11, 0x12, 0x13, 0];
        var function = TestFunction.Express();
        var random = new Random(seed);
        foreach (var value in noise)
        {
            function.Config.Load(random.Next(0x34, AllBytes), [(byte)value]);
        }

        for (var i = 0; i < 24; i++)
        {
            var at = random.Next(0x40, 0x100);
            function.Config.Load(at, [ids[random.Next(ids.Length)], (byte)random.Next(0x100)]);
            var extended = random.Next(0x100, AllBytes) & ~3;
            function.Config.Load(extended, BitConverter.GetBytes(random.Next(0x30) | (random.Next(0x100, AllBytes) << 20)));
        }

        return function;
    }
}
