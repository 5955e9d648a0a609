using System.Globalization;
using Viaduct.Devices.Catalog;
using Viaduct.Devices.Replica;
using Viaduct.Devices.Tests.Infrastructure;

namespace Viaduct.Devices.Tests.Replica;

/// <summary>What a user is told of files that do not go together.</summary>
public sealed class ReplicaFaceReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("replica").FullName;
    private readonly byte[] _config = new byte[256];

    public ReplicaFaceReaderTests()
    {
        (_config[0], _config[1], _config[2]) = (0x86, 0x80, 1);
        Bar(0, 0xfe000000);
    }

    [Fact]
    public void Sizes_ComeFromKeysThenResourceThenTheDump()
    {
        Assert.Equal(4096UL, Read(("bar0", "4K"))!.BarSizes[0]);
        var resource = Write("resource", Resource((0xfe000000, 0xfe003fff, 0x40200)));
        Assert.Equal(16384UL, Read(("resource", resource))!.BarSizes[0]);
        Assert.Equal(32768UL, Read(("resource", resource), ("bar0", "32K"))!.BarSizes[0]);
        var rom = Read(("resource", Write("r2", Resource((0xfe000000, 0xfe000fff, 0x40200), (0xfd000000, 0xfd003fff, 0x46200)))))!.Rom;
        Assert.Equal(16384, rom!.Size);
        Assert.Equal(2048, Read(("bar0", "0"), ("rom", Write("rom", [0x55, 0xaa])))!.Rom!.Size);
    }

    [Theory]
    [InlineData("BAR0 is there, but a dump does not tell its size: give resource=FILE")]
    [InlineData("bar0=lots: a size is needed", "bar0", "lots")]
    [InlineData("BAR0 cannot have 0x1800 bytes: a power of two from 16 to 0x8000000 is needed for 32-bit memory.", "bar0", "6K")]
    [InlineData("BAR0 cannot have 0x8 bytes", "bar0", "8")]
    [InlineData("BAR0 cannot have 0x40000000 bytes", "bar0", "1G")]
    public void BadSizes_SayWhatWouldBeRight(string expected, string? key = null, string? value = null)
        => Assert.StartsWith(expected, Error(key is null ? [] : [(key, value!)]), StringComparison.Ordinal);

    [Fact]
    public void UpperHalves_AreNoBars()
    {
        Bar(0, 0xfe000004);
        Bar(1, 0x38);
        Assert.Equal([4096, 0, 0, 0, 0, 0], Read(("bar0", "4K"), ("bar1", "4K"))!.BarSizes);
        Bar(0, 0);
        Bar(1, 0);
        Bar(5, 0xfe000004);
        Assert.Contains("no BAR6", Error(("bar5", "4K")), StringComparison.Ordinal);
    }

    [Fact]
    public void WrongCards_SaySo()
    {
        _config[0x0e] = 1;
        Assert.Contains("it is a bridge (header type 1)", Error(("bar0", "4K")), StringComparison.Ordinal);
        (_config[0x0e], _config[0], _config[1]) = (0, 0xff, 0xff);
        Assert.Contains("its vendor is ffff", Error(("bar0", "4K")), StringComparison.Ordinal);
        (_config[0], _config[1]) = (0x86, 0x80);
        var resource = Write("resource", Resource((0xc000, 0xc01f, 0x40101)));
        Assert.StartsWith("BAR0 is I/O in resource=", Error(("resource", resource)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x05, 0xf8, "the MSI capability at 0xf8 needs 0xa bytes")]
    [InlineData(0x01, 0xfc, "the Power Management capability at 0xfc needs 0x8 bytes")]
    [InlineData(0x10, 0xe0, "")]
    [InlineData(0x10, 0xf0, "the PCI Express capability at 0xf0 needs 0x14 bytes")]
    [InlineData(0x11, 0xf8, "the MSI-X capability at 0xf8 needs 0xc bytes")]
    [InlineData(0x03, 0xfc, "the VPD capability at 0xfc needs 0x8 bytes")]
    [InlineData(0x13, 0xfc, "the Advanced Features capability at 0xfc needs 0x6 bytes")]
    [InlineData(0x0d, 0xfc, "")]
    public void CapabilitiesBehindTheEnd_SaySo(byte id, byte at, string expected)
    {
        (_config[6], _config[0x34], _config[at]) = (0x10, at, id);
        _config[at + 2] = id == 0x10 ? (byte)1 : (byte)0;
        if (expected.Length == 0)
        {
            Assert.NotNull(Read(("bar0", "4K")));
        }
        else
        {
            Assert.StartsWith(expected, Error(("bar0", "4K")), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0x0000, 0x0800, "4K", "")]
    [InlineData(0x0003, 0x0800, "4K", "MSI-X's table is in BAR3, which has no size")]
    [InlineData(0x0007, 0x0800, "4K", "MSI-X's table is in BAR7, which has no size")]
    [InlineData(0x0ff0, 0x0800, "4K", "MSI-X's table is at 0xff0 to 0x106f of BAR0, which has 0x1000 bytes")]
    [InlineData(0x0000, 0x1000, "4K", "MSI-X's pending bits is at 0x1000")]
    [InlineData(0x0000, 0x1000, "8K", "")]
    public void MsixTable_NeedsMemoryUnderIt(int table, int pending, string size, string expected)
    {
        (_config[6], _config[0x34], _config[0x40], _config[0x42]) = (0x10, 0x40, 0x11, 7);
        BitConverter.TryWriteBytes(_config.AsSpan(0x44), table);
        BitConverter.TryWriteBytes(_config.AsSpan(0x48), pending);
        var error = TryRead([("bar0", size)], out var face);
        Assert.StartsWith(expected, error ?? "", StringComparison.Ordinal);
        Assert.Equal(expected.Length == 0, face is not null);
    }

    [Fact]
    public void MissingAndOtherFiles_SaySo()
    {
        Assert.False(ReplicaFaceReader.TryRead(DeviceOptions.None, out _, out var error));
        Assert.StartsWith("replica needs config=FILE", error, StringComparison.Ordinal);
        Assert.StartsWith("config=/nowhere/x: ", ErrorOf(("config", "/nowhere/x")), StringComparison.Ordinal);
        Assert.StartsWith($"config={_folder}: ", ErrorOf(("config", _folder)), StringComparison.Ordinal);
        var text = Write("text", "hello"u8.ToArray());
        Assert.StartsWith($"resource={text}: line 1 is not 'FIRST LAST FLAGS'", Error(("resource", text)), StringComparison.Ordinal);
        Assert.StartsWith($"writable={text}: it has no bytes", Error(("bar0", "4K"), ("writable", text)), StringComparison.Ordinal);
        var short64 = Write("short", new byte[64]);
        Assert.StartsWith(
            $"writable={short64}: it has 64 bytes, the dump has 256", Error(("bar0", "4K"), ("writable", short64)), StringComparison.Ordinal);
        var few = Write("few", "0x0 0x0 0x0\n"u8.ToArray());
        Assert.StartsWith($"resource={few}: it has 1 lines", Error(("resource", few)), StringComparison.Ordinal);
        var long32 = Write("vpd", new byte[40000]);
        Assert.Contains("more than 32768 bytes", Error(("bar0", "4K"), ("vpd", long32)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("e1000e")]
    [InlineData("igb")]
    [InlineData("nvme")]
    [InlineData("virtio-rng")]
    public void MachinesOfTheTranscripts_AreTaken(string name)
    {
        var path = Path.Combine(Repository.Root, "test", "transcripts", "machines", name);
        var error = ErrorOf(("config", path + ".config"), ("resource", path + ".resource"), ("writable", path + ".writable"));
        Assert.Null(error);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Resource((ulong First, ulong Last, ulong Flags) bar, (ulong First, ulong Last, ulong Flags) rom = default)
    {
        var lines = Enumerable.Repeat(default((ulong First, ulong Last, ulong Flags)), 13).ToArray();
        (lines[0], lines[6]) = (bar, rom);
        return System.Text.Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => string.Create(
            CultureInfo.InvariantCulture, $"0x{line.First:x16} 0x{line.Last:x16} 0x{line.Flags:x16}\n"))));
    }

    private void Bar(int index, uint value) => BitConverter.TryWriteBytes(_config.AsSpan(0x10 + (4 * index)), value);

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    [Fact]
    public void VirtualFunctions_NeedACardThatHasThem_AndItsResource()
    {
        var machines = Path.Combine(Repository.Root, "test", "transcripts", "machines");
        Assert.Contains("needs vf_config=FILE", ErrorOf(Of("igb", ("vf_writable", "x"))), StringComparison.Ordinal);
        Assert.Contains("has no SR-IOV capability", ErrorOf(Of("nvme", ("vf_config", $"{machines}/igbvf.config"))), StringComparison.Ordinal);
        Assert.Contains("vf_config=/no/file", ErrorOf(Of("igb", ("vf_config", "/no/file"))), StringComparison.Ordinal);
        var sizes = new[] { ("bar0", "128K"), ("bar1", "128K"), ("bar2", "32"), ("bar3", "16K") };
        var config = ("config", $"{machines}/igb.config");
        Assert.Contains("needs resource=FILE", ErrorOf([config, .. sizes, ("vf_config", $"{machines}/igbvf.config")]), StringComparison.Ordinal);
        var odd = Write("odd", File.ReadAllBytes($"{machines}/igb.resource").AsSpan().ToArray()
            .Select((b, i) => i == OffsetOfLine(7) + 0x24 ? (byte)'7' : b).ToArray());
        Assert.Contains("line 8 of resource=", ErrorOf([config, ("resource", odd), ("vf_config", $"{machines}/igbvf.config")]), StringComparison.Ordinal);

        (string, string)[] Of(string card, (string, string) more)
            => [("config", $"{machines}/{card}.config"), ("resource", $"{machines}/{card}.resource"), more];

        static int OffsetOfLine(int line) => line * 57;
    }

    private ReplicaFace? Read(params (string Key, string Value)[] keys)
    {
        Assert.Null(TryRead(keys, out var face));
        return face;
    }

    private string? Error(params (string Key, string Value)[] keys) => TryRead(keys, out _);

    private string? TryRead((string Key, string Value)[] keys, out ReplicaFace? face)
    {
        var options = new DeviceOptions(keys.Append(("config", Write("config", _config))).ToDictionary(k => k.Item1, k => k.Item2));
        return ReplicaFaceReader.TryRead(options, out face, out var error) ? null : error;
    }

    private static string? ErrorOf(params (string Key, string Value)[] keys)
        => ReplicaFaceReader.TryRead(new DeviceOptions(keys.ToDictionary(k => k.Key, k => k.Value)), out _, out var error) ? null : error;
}
