using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;

namespace Viaduct.Driver.Tests;

public sealed class ConfigSpaceTests
{
    private static readonly ushort[] s_msiThenMsix = [PciCapabilityId.Msi, PciCapabilityId.Msix];

    [Fact]
    public void Registers_AreLittleEndian_AndAccessedAtTheirWidth()
    {
        using var backend = new FakeBackend();
        var config = new ConfigSpace(backend);
        backend.Config.AsSpan(0, 12).Clear();
        new byte[] { 0x86, 0x80, 0x21, 0x20, 0, 0, 0, 0, 0x04, 0x00, 0x80, 0x08 }.CopyTo(backend.Config, 0);
        Assert.Equal(0x8086, config.VendorId);
        Assert.Equal(0x2021, config.DeviceId);
        Assert.Equal(4, config.RevisionId);
        Assert.Equal(0x088000u, config.ClassCode);
        config.WriteUInt32(0x10, 0x12345678);
        config.WriteUInt16(0x14, 0xABCD);
        config.WriteByte(0x16, 0xEF);
        Assert.Equal([0x78, 0x56, 0x34, 0x12, 0xCD, 0xAB, 0xEF], backend.Config[0x10..0x17]);
        Assert.Equal([2, 2, 1, 4, 4, 2, 1], backend.Accesses.Select(access => access.Length));
    }

    [Fact]
    public void EnableBusMaster_KeepsTheOtherBits()
    {
        using var backend = new FakeBackend();
        backend.Config[4] = 0x41;
        backend.Config[5] = 0x01;
        var config = new ConfigSpace(backend);
        config.EnableBusMaster();
        Assert.Equal(0x0147, (int)config.Command);
        config.DisableBusMaster();
        Assert.False(config.Command.HasFlag(PciCommand.BusMaster));
    }

    [Fact]
    public void Access_PastTheEnd_IsRefusedBeforeTheBackEndSeesIt()
    {
        using var backend = new FakeBackend();
        var config = new ConfigSpace(backend);
        Assert.Throws<ArgumentOutOfRangeException>(() => config.ReadUInt32(253));
        Assert.Throws<ArgumentOutOfRangeException>(() => config.ReadByte(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => config.WriteUInt16(255, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => config.Read(0, new byte[257]));
        Assert.Empty(backend.Accesses);
    }

    [Fact]
    public void Capabilities_AreWalkedInOrder()
    {
        using var backend = new FakeBackend();
        SetList(backend.Config, (0x40, PciCapabilityId.Msi, 0x80), (0x80, PciCapabilityId.Msix, 0));
        var config = new ConfigSpace(backend);
        Assert.Equal(s_msiThenMsix, config.Capabilities().Select(capability => capability.Id));
        Assert.Equal(0x80, config.FindCapability(PciCapabilityId.Msix)!.Value.Offset);
        Assert.Null(config.FindCapability(PciCapabilityId.PciExpress));
    }

    [Fact]
    public void Capabilities_WithoutTheStatusBit_AreNone()
    {
        using var backend = new FakeBackend();
        SetList(backend.Config, (0x40, PciCapabilityId.Msi, 0));
        backend.Config[6] = 0;
        Assert.Empty(new ConfigSpace(backend).Capabilities());
    }

    [Theory]
    [InlineData(0x40, 1)]
    [InlineData(0x80, 2)]
    [InlineData(0x20, 2)]
    public void Capabilities_InALoop_End(byte next, int count)
    {
        using var backend = new FakeBackend();
        SetList(backend.Config, (0x40, PciCapabilityId.Msi, count == 1 ? next : (byte)0x80), (0x80, PciCapabilityId.Msix, next));
        Assert.Equal(count, new ConfigSpace(backend).Capabilities().Count());
    }

    [Fact]
    public void Capabilities_OfADeviceThatIsGone_EndAtOnce()
    {
        using var backend = new FakeBackend(4096);
        backend.Config.AsSpan().Fill(0xFF);
        Assert.Empty(new ConfigSpace(backend).Capabilities());
        Assert.Empty(new ConfigSpace(backend).ExtendedCapabilities());
    }

    [Fact]
    public void ExtendedCapabilities_AreWalked_AndALoopEnds()
    {
        using var backend = new FakeBackend(4096);
        BinaryPrimitives.WriteUInt32LittleEndian(backend.Config.AsSpan(0x100), 0x3001_0001);
        BinaryPrimitives.WriteUInt32LittleEndian(backend.Config.AsSpan(0x300), 0x0002_0003);
        var config = new ConfigSpace(backend);
        Assert.Equal(
            [new PciCapability(1, 0x100, true, 1), new PciCapability(3, 0x300, true, 2)], config.ExtendedCapabilities());
        Assert.Equal(0x300, config.FindExtendedCapability(3)!.Value.Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(backend.Config.AsSpan(0x300), 0x1002_0003);
        Assert.InRange(config.ExtendedCapabilities().Count(), 2, 480);
    }

    [Fact]
    public void ExtendedCapabilities_OfASmallSpace_AreNone()
    {
        using var backend = new FakeBackend();
        Assert.Empty(new ConfigSpace(backend).ExtendedCapabilities());
    }

    [Fact]
    public void AnyBytes_AreWalkedToAnEnd_WithoutAnOffsetTwiceOrOutside()
    {
        var bytes = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(256);
        Prop.ForAll(bytes.ToArbitrary(), content =>
        {
            using var backend = new FakeBackend();
            content.CopyTo(backend.Config, 0);
            backend.Config[6] |= 0x10;
            var offsets = new ConfigSpace(backend).Capabilities().Select(capability => (int)capability.Offset).ToArray();
            return offsets.Distinct().Count() == offsets.Length
                && offsets.All(offset => offset is >= 0x40 and <= 0xFC && offset % 4 == 0);
        }).QuickCheckThrowOnFailure();
    }

    private static void SetList(byte[] config, params (byte Offset, ushort Id, byte Next)[] entries)
    {
        config[6] = 0x10;
        config[0x34] = entries[0].Offset;
        foreach (var (offset, id, next) in entries)
        {
            config[offset] = (byte)id;
            config[offset + 1] = next;
        }
    }
}
