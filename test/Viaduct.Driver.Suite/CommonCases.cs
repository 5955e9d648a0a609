using Viaduct.Abi;

namespace Viaduct.Driver.Suite;

/// <summary>Configuration space, BARs, reset.</summary>
internal static class CommonCases
{
    // Both devices' BAR 0 is memory, and neither has this one.
    private const int MissingBar = 3;

    internal static IReadOnlyList<DriverCase> All { get; } =
    [
        new("Config_OpenedDevice_IsNotBusMaster", DeviceKind.Any, OpenedDevice_IsNotBusMaster),
        new("Config_CommandWritten_ReadsBack", DeviceKind.Any, CommandWritten_ReadsBack),
        new("Config_ReadInPieces_IsTheSameAsAtOnce", DeviceKind.Any, ReadInPieces_IsTheSameAsAtOnce),
        new("Config_ReadOnlyRegister_StaysAsItIs", DeviceKind.Any, ReadOnlyRegister_StaysAsItIs),
        new("Config_PastTheEnd_IsRefused", DeviceKind.Any, PastTheEnd_IsRefused),
        new("Config_Capabilities_AreFound", DeviceKind.Any, Capabilities_AreFound),
        new("Bar_ThatIsNotThere_IsENOENT", DeviceKind.Any, MissingBar_IsENOENT),
        new("Bar_TwiceMapped_IsTheSameObject", DeviceKind.Any, TwiceMapped_IsTheSameObject),
        new("Bar_MisalignedOrOutside_IsRefused", DeviceKind.Any, MisalignedOrOutside_IsRefused),
        new("Reset_BarsAndMemory_AreStillOurs", DeviceKind.Any, BarsAndMemory_AreStillOurs),
        new("Reset_DeviceThatCannot_IsEINVAL", DeviceKind.Any, DeviceThatCannot_IsEINVAL),
    ];

    private static void OpenedDevice_IsNotBusMaster(PciDevice device) =>
        Expect.True((device.Config.Command & PciCommand.BusMaster) == 0);

    private static void CommandWritten_ReadsBack(PciDevice device)
    {
        device.Config.EnableBusMaster();
        Expect.True(device.Config.Command.HasFlag(PciCommand.BusMaster | PciCommand.Memory));
        device.Config.DisableBusMaster();
        Expect.True((device.Config.Command & PciCommand.BusMaster) == 0);
        Expect.True(device.Config.Command.HasFlag(PciCommand.Memory));
    }

    private static void ReadInPieces_IsTheSameAsAtOnce(PciDevice device)
    {
        var config = device.Config;
        var all = new byte[config.Size];
        config.Read(0, all);
        for (var at = 0; at < 64; at += 4)
        {
            var word = config.ReadUInt32(at);
            Expect.Equal(BitConverter.ToUInt32(all, at), word, $"offset {at}");
            Expect.Equal(word, config.ReadUInt16(at) | (uint)config.ReadUInt16(at + 2) << 16, $"offset {at} in halves");
            for (var i = 0; i < 4; i++)
            {
                Expect.Equal((byte)(word >> (8 * i)), config.ReadByte(at + i), $"byte {at + i}");
            }
        }
    }

    private static void ReadOnlyRegister_StaysAsItIs(PciDevice device)
    {
        var vendor = device.Config.VendorId;
        device.Config.WriteUInt16(0, (ushort)~vendor);
        Expect.Equal(vendor, device.Config.VendorId);
    }

    private static void PastTheEnd_IsRefused(PciDevice device)
    {
        Expect.Throws<ArgumentOutOfRangeException>(() => device.Config.ReadByte(device.Config.Size));
        Expect.Throws<ArgumentOutOfRangeException>(() => device.Config.ReadUInt32(device.Config.Size - 2));
    }

    private static void Capabilities_AreFound(PciDevice device)
    {
        var id = device.Config.ClassCode == 0x010802 ? PciCapabilityId.Msix : PciCapabilityId.Msi;
        Expect.True(device.Config.FindCapability(id) is not null);
        Expect.True(device.Config.Capabilities().Any());
    }

    private static void MissingBar_IsENOENT(PciDevice device) =>
        Expect.Fails(Errno.ENOENT, () => device.MapBar(MissingBar));

    private static void TwiceMapped_IsTheSameObject(PciDevice device) =>
        Expect.True(ReferenceEquals(device.MapBar(0), device.MapBar(0)));

    private static void MisalignedOrOutside_IsRefused(PciDevice device)
    {
        device.Config.EnableBusMaster();
        var bar = device.MapBar(0);
        Expect.Throws<ArgumentOutOfRangeException>(() => bar.Read32(2));
        Expect.Throws<ArgumentOutOfRangeException>(() => bar.Read32(bar.Size));
        Expect.Throws<ArgumentOutOfRangeException>(() => bar.Write64(bar.Size - 4, 0));
    }

    private static void BarsAndMemory_AreStillOurs(PciDevice device)
    {
        if (!device.CanReset)
        {
            throw new SuiteSkip("the function has no reset");
        }

        device.Config.EnableBusMaster();
        var bar = device.MapBar(0);
        using var memory = device.AllocateDma(4096);
        memory.Span.Fill(0x5A);
        var before = bar.Read32(0);
        device.Reset();
        Expect.Equal(before, bar.Read32(0), "the first register after a reset");
        Expect.True(!memory.Span.ContainsAnyExcept((byte)0x5A));
    }

    private static void DeviceThatCannot_IsEINVAL(PciDevice device)
    {
        if (device.CanReset)
        {
            throw new SuiteSkip("the function has a reset");
        }

        Expect.Fails(Errno.EINVAL, device.Reset);
    }
}
