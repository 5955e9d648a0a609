using System.Text;
using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Tests.Infrastructure;
using static Viaduct.Devices.Tests.Infrastructure.NvmeHost;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>Identify, logs, features, events, formats.</summary>
public sealed class NvmeAdminTests
{
    private const int InvalidField = 0x002;
    private const int InvalidNamespace = 0x00b;

    private readonly NvmeHost _nvme = new(
        new NvmeOptions { Serial = "SERIAL1", Queues = 8 }, new RamStorage(1 << 20), new RamStorage(2 << 20));

    public NvmeAdminTests() => _nvme.Start();

    [Fact]
    public void Identify_Controller_SaysWhatItIs()
    {
        var page = _nvme.Identify(1);
        Assert.Equal(0x1af4, Word16(page, 0));
        Assert.Equal("SERIAL1             ", Encoding.ASCII.GetString(page, 4, 20));
        Assert.Equal(8, page[77]);
        Assert.Equal(0x20000u, Word32(page, 80));
        Assert.Equal(1, page[111]);
        Assert.Equal(0x66, page[512]);
        Assert.Equal(0x44, page[513]);
        Assert.Equal(2u, Word32(page, 516));
        Assert.StartsWith("nqn.2014-08.org.nvmexpress:uuid:", Encoding.ASCII.GetString(page, 768, 256), StringComparison.Ordinal);
    }

    [Fact]
    public void Identify_Namespace_SaysItsSizeAndFormats()
    {
        var page = _nvme.Identify(0, 2);
        Assert.Equal(4096UL, Word64(page, 0));
        Assert.Equal(1, page[25]);
        Assert.Equal(0, page[26]);
        Assert.Equal(9u << 16, Word32(page, 128));
        Assert.Equal(12u << 16, Word32(page, 132));
        Assert.Equal(page, _nvme.Identify(0x11, 2));
        Assert.Equal(1, _nvme.Identify(8, 2)[14]);
    }

    [Fact]
    public void Identify_Lists_HoldWhatThereIs()
    {
        var page = _nvme.Identify(2);
        Assert.Equal((1u, 2u, 0u), (Word32(page, 0), Word32(page, 4), Word32(page, 8)));
        Assert.Equal(2u, Word32(_nvme.Identify(2, 1), 0));
        Assert.Equal(0u, Word32(_nvme.Identify(0x10, 2), 0));
        Assert.Equal(1u, Word32(_nvme.Identify(7), 0));
        var controllers = _nvme.Identify(0x13);
        Assert.Equal((1, 1), (Word16(controllers, 0), Word16(controllers, 2)));
        Assert.Equal(1UL, Word64(_nvme.Identify(0x1c | (1 << 16)), 0));
    }

    [Fact]
    public void Identify_Descriptors_DifferBetweenNamespaces()
    {
        var first = _nvme.Identify(3, 1);
        Assert.Equal((3, 16, 4, 1), (first[0], first[1], first[20], first[21]));
        Assert.Equal(0x80, first[10] & 0xf0);
        Assert.NotEqual(first, _nvme.Identify(3, 2));
    }

    [Theory]
    [InlineData(0u, 0u, 0u, InvalidNamespace)]
    [InlineData(0u, 3u, 0u, InvalidNamespace)]
    [InlineData(0u, uint.MaxValue, 0u, InvalidNamespace)]
    [InlineData(2u, uint.MaxValue, 0u, InvalidNamespace)]
    [InlineData(3u, 9u, 0u, InvalidNamespace)]
    [InlineData(4u, 0u, 0u, InvalidField)]
    [InlineData(5u, 1u, 2u << 24, InvalidField)]
    [InlineData(6u, 0u, 1u << 24, InvalidField)]
    [InlineData(0x15u, 0u, 0u, InvalidField)]
    [InlineData(0x1cu, 0u, 0u, InvalidField)]
    [InlineData(0xffu, 0u, 0u, InvalidField)]
    public void Identify_Wrong_GivesItsStatus(uint structure, uint nsid, uint dword11, int status)
        => Assert.Equal(status, _nvme.Command(0x06, nsid, Data, structure, dword11).Status);

    [Theory]
    [InlineData(0x09, 7u, 0x0003_0003u, 0x0007_0007u, 0x00c)]
    [InlineData(0x0a, 7u, 0u, 0x0007_0007u, 0)]
    [InlineData(0x0a, 6u, 0u, 1u, 0)]
    [InlineData(0x0a, 4u, 0u, 343u, 0)]
    [InlineData(0x0a, 4u, 1u << 20, 0u, 0)]
    [InlineData(0x0a, 4u, 1u << 16, 0u, InvalidField)]
    [InlineData(0x0a, 9u, 8u, 8u, 0)]
    [InlineData(0x0a, 9u, 9u, 0u, InvalidField)]
    [InlineData(0x0a, 0x301u, 0u, 4u, 0)]
    [InlineData(0x0a, 0x401u, 0u, 0u, InvalidField)]
    [InlineData(0x0a, 0x7fu, 0u, 0u, InvalidField)]
    [InlineData(0x09, 0x7fu, 0u, 0u, InvalidField)]
    [InlineData(0x09, 2u, 1u, 0u, InvalidField)]
    [InlineData(0x09, 0x8000_0006u, 1u, 0u, 0x10d)]
    [InlineData(0x09, 0x19u, 1u, 0u, 0x12b)]
    public void Features_Values_AndStatus(byte opcode, uint feature, uint dword11, uint result, int status)
    {
        var reply = _nvme.Command(opcode, 0, Data, feature, dword11);
        Assert.Equal(status, reply.Status);
        if (status == 0)
        {
            Assert.Equal(result, reply.Result);
        }
    }

    [Theory]
    [InlineData(1u, 0x0707_0702u)]
    [InlineData(4u, 350u)]
    [InlineData(8u, 0x1234u)]
    [InlineData(9u, 0x1_0003u)]
    [InlineData(10u, 1u)]
    [InlineData(11u, 0x1ffu)]
    public void Features_Set_AreThereUntilAReset(uint feature, uint value)
    {
        var select = feature == 9 ? value & 0xffff : 0;
        var before = _nvme.Command(0x0a, dword10: feature, dword11: select).Result;
        Assert.Equal(0, _nvme.Command(0x09, dword10: feature, dword11: value).Status);
        Assert.Equal(value, _nvme.Command(0x0a, dword10: feature, dword11: select).Result);
        Assert.Equal(before, _nvme.Command(0x0a, dword10: feature | 0x100, dword11: select).Result);
        _nvme.Disable();
        _nvme.Enable();
        Assert.Equal(before, _nvme.Command(0x0a, dword10: feature, dword11: select).Result);
    }

    [Fact]
    public void Features_OfANamespace_AreOnlyErrorRecovery()
    {
        Assert.Equal(0x10f, _nvme.Command(0x09, 1, dword10: 1, dword11: 3).Status);
        Assert.Equal(InvalidNamespace, _nvme.Command(0x09, 7, dword10: 1, dword11: 3).Status);
        Assert.Equal(0, _nvme.Command(0x09, 1, dword10: 5, dword11: 3).Status);
        Assert.Equal(3u, _nvme.Command(0x0a, 1, dword10: 5).Result);
        Assert.Equal(InvalidNamespace, _nvme.Command(0x0a, 0, dword10: 5).Status);
    }

    [Fact]
    public void Features_QueuesBeforeQueuesExist_AreGranted()
    {
        _nvme.Disable();
        _nvme.Enable();
        var reply = _nvme.Command(0x09, dword10: 7, dword11: 0x0003_0003);
        Assert.Equal((0, 0x0007_0007u), (reply.Status, reply.Result));
        Assert.Equal(InvalidField, _nvme.Command(0x09, dword10: 7, dword11: 0xffff).Status);
    }

    [Fact]
    public void Features_Timestamp_GoesOnFromWhatWasSet()
    {
        BitConverter.TryWriteBytes(_nvme.Host.At(Data, 8), 1_700_000_000_000UL);
        Assert.Equal(0, _nvme.Command(0x09, 0, Data, 0x0e).Status);
        Assert.Equal(0, _nvme.Command(0x0a, 0, Data, 0x0e).Status);
        var value = Word64(_nvme.Host.At(Data, 8), 0);
        Assert.Equal(2UL, value >> 48);
        Assert.InRange(value & 0xffff_ffff_ffff, 1_700_000_000_000UL, 1_700_000_600_000UL);
    }

    [Fact]
    public void Log_Errors_HoldsTheLastFirst()
    {
        _nvme[1].Do(NvmeEntry.Read(1 << 20, 1, Data));
        _nvme[1].Do(new NvmeEntry(0x7f));
        Assert.Equal(0, _nvme.Command(0x02, 0, Data, (31u << 16) | 1).Status);
        var log = _nvme.Host.At(Data, 128);
        Assert.Equal((2UL, 1UL), (Word64(log, 0), Word64(log, 64)));
        Assert.Equal(1, Word16(log, 8));
        Assert.Equal(1, (Word16(log, 12) >> 1) & 0x7ff);
        Assert.Equal(0x080, (Word16(log, 76) >> 1) & 0x7ff);
        Assert.Equal(1UL << 20, Word64(log, 80));
    }

    [Fact]
    public void Log_Health_CountsWhatMoved()
    {
        _nvme[1].Do(NvmeEntry.Write(0, 8, Data));
        _nvme[1].Do(NvmeEntry.Read(0, 8, Data));
        Assert.Equal(0, _nvme.Command(0x02, uint.MaxValue, Data, (127u << 16) | 2).Status);
        var log = _nvme.Host.At(Data, 512);
        Assert.Equal((0, 303, 100), (log[0], Word16(log, 1), log[3]));
        Assert.Equal((1UL, 1UL, 1UL, 1UL), (Word64(log, 32), Word64(log, 48), Word64(log, 64), Word64(log, 80)));
    }

    [Fact]
    public void Log_Parts_AreWhereTheOffsetSays()
    {
        Assert.Equal(0, _nvme.Command(0x02, 0, Data, (1023u << 16) | 5).Status);
        var whole = _nvme.Host.At(Data, 4096).ToArray();
        Assert.Equal(3u, Word32(whole, 1024 + 4));
        var part = new NvmeEntry(0x02) { Nsid = 0, Prp1 = Data + 4096, Dword10 = (9u << 16) | 5, Dword12 = 1024 };
        Assert.Equal(0, _nvme.Admin.Do(part).Status);
        Assert.Equal(whole.AsSpan(1024, 40), _nvme.Host.At(Data + 4096, 40));
        Assert.Equal(InvalidField, _nvme.Admin.Do(part with { Dword12 = 2 }).Status);
        Assert.Equal(InvalidField, _nvme.Admin.Do(part with { Dword12 = 4096 }).Status);
        Assert.Equal(InvalidField, _nvme.Admin.Do(part with { Dword13 = 1 }).Status);
        Assert.Equal(0x109, _nvme.Admin.Do(part with { Dword10 = 0x70 }).Status);
    }

    [Fact]
    public void Events_Temperature_IsReportedOnceUntilTheLogIsRead()
    {
        Assert.Equal(0, _nvme.Command(0x09, dword10: 11, dword11: 2).Status);
        var request = _nvme.Admin.Submit(new NvmeEntry(0x0c) { Nsid = 0 });
        _nvme.Run();
        Assert.True(SetThreshold(300, request));

        // The next one waits until the log page has been read.
        _nvme.Admin.Submit(new NvmeEntry(0x0c) { Nsid = 0 });
        _nvme.Run();
        Assert.Equal(0, _nvme.Command(0x09, dword10: 4, dword11: 301).Status);
        Assert.False(_nvme.Admin.TryTake(out _));
        _nvme.Admin.Submit(new NvmeEntry(0x02) { Nsid = uint.MaxValue, Prp1 = Data, Dword10 = (127u << 16) | 2 });
        _nvme.Run();
        Assert.True(_nvme.Admin.TryTake(out _));
        Assert.Equal(2, _nvme.Host.At(Data, 1)[0]);
        Assert.True(_nvme.Admin.TryTake(out var second));
        Assert.Equal(0x02_01_01u, second.Result);
    }

    [Fact]
    public void Events_TooManyRequests_AreRefused()
    {
        for (var i = 0; i < 4; i++)
        {
            _nvme.Admin.Submit(new NvmeEntry(0x0c));
        }

        Assert.Equal(0x105, _nvme.Admin.Do(new NvmeEntry(0x0c)).Status);
    }

    [Fact]
    public void Abort_EventRequest_CompletesIt()
    {
        var request = _nvme.Admin.Submit(new NvmeEntry(0x0c));
        _nvme.Run();
        var abort = _nvme.Admin.Submit(new NvmeEntry(0x08) { Dword10 = (uint)request << 16 });
        _nvme.Run();
        Assert.True(_nvme.Admin.TryTake(out var aborted));
        Assert.Equal((request, 0x007), (aborted.Identifier, aborted.Status));
        Assert.True(_nvme.Admin.TryTake(out var done));
        Assert.Equal((abort, 0, 0u), (done.Identifier, done.Status, done.Result));
        Assert.Equal(1u, _nvme.Command(0x08, dword10: (uint)request << 16).Result);
        Assert.Equal(1u, _nvme.Command(0x08, dword10: 1).Result);
    }

    [Fact]
    public void Format_OtherBlocks_EmptiesAndTells()
    {
        Assert.Equal(0, _nvme.Command(0x09, dword10: 11, dword11: 0x100).Status);
        _nvme.Host.At(Data, 4096).Fill(1);
        _nvme[1].Do(NvmeEntry.Write(0, 8, Data));
        var request = _nvme.Admin.Submit(new NvmeEntry(0x0c));
        _nvme.Run();
        var format = _nvme.Admin.Submit(new NvmeEntry(0x80) { Nsid = 1, Dword10 = 1 });
        _nvme.Run();
        Assert.True(_nvme.Admin.TryTake(out var first));
        Assert.True(_nvme.Admin.TryTake(out var second));
        Assert.Equal((format, 0), (first.Identifier, first.Status));
        Assert.Equal((request, 0x04_00_02u), (second.Identifier, second.Result));
        Assert.Equal(256UL, Word64(_nvme.Identify(0, 1), 0));
        Assert.Equal(0, _nvme.Command(0x02, uint.MaxValue, Data, (1023u << 16) | 4).Status);
        Assert.Equal((1u, 0u), (Word32(_nvme.Host.At(Data, 8), 0), Word32(_nvme.Host.At(Data, 8), 4)));
        Assert.Equal(0, _nvme[1].Do(NvmeEntry.Read(0, 1, Data)).Status);
        Assert.Equal(-1, _nvme.Host.At(Data, 4096).IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(3u, 0u, InvalidNamespace)]
    [InlineData(1u, 2u, 0x10a)]
    [InlineData(1u, 0x20u, 0x10a)]
    [InlineData(1u, 2u << 9, InvalidField)]
    [InlineData(uint.MaxValue, 1u << 9, 0)]
    public void Format_Checks_GiveTheirStatus(uint nsid, uint dword10, int status)
        => Assert.Equal(status, _nvme.Command(0x80, nsid, dword10: dword10).Status);

    [Fact]
    public void Format_Slow_RefusesOtherCommandsMeanwhile()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        nvme.Admin.Submit(new NvmeEntry(0x80) { Nsid = 1, Dword10 = 1 });
        nvme.RunEngine();
        queue.Submit(NvmeEntry.Read(0, 1, Data));
        nvme.RunEngine();
        Assert.True(queue.TryTake(out var refused));
        Assert.Equal(0x084, refused.Status);
        nvme.Run();
        Assert.True(nvme.Admin.TryTake(out var done));
        Assert.Equal(0, done.Status);
        Assert.Equal([(0UL, 1UL << 20, true)], disk.Zeroed);
        Assert.Equal(0, queue.Do(NvmeEntry.Read(0, 1, Data)).Status);
    }

    [Fact]
    public void Commands_Unknown_AreInvalidOpcodes()
    {
        Assert.Equal(1, _nvme.Command(0x0d).Status);
        Assert.Equal(1, _nvme.Command(0x14).Status);
        Assert.Equal(1, _nvme.Command(0xc0).Status);
    }

    /// <summary>True where the threshold's command and the event both came.</summary>
    private bool SetThreshold(uint kelvin, ushort request)
    {
        var set = _nvme.Admin.Submit(new NvmeEntry(0x09) { Nsid = 0, Dword10 = 4, Dword11 = kelvin });
        _nvme.Run();
        return _nvme.Admin.TryTake(out var first) && first.Identifier == set && first.Status == 0
            && _nvme.Admin.TryTake(out var second) && second.Identifier == request && second.Result == 0x02_01_01;
    }
}
