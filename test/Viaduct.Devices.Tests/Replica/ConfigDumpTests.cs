using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Viaduct.Devices.Replica;

namespace Viaduct.Devices.Tests.Replica;

public sealed class ConfigDumpTests
{
    private const string Line = "00: 86 80 d3 10 03 01 10 00 00 00 00 02 00 00 00 00\n";

    [Theory]
    [InlineData(64)]
    [InlineData(256)]
    [InlineData(4096)]
    public void RawBytes_AreTaken(int length)
    {
        var file = new byte[length];
        file[0] = 0x86;
        Assert.True(ConfigDump.TryParse(file, out var dump, out var error), error);
        Assert.Equal(file, dump.Config);
    }

    [Theory]
    [InlineData(0x40, "")]
    [InlineData(0x100, "00:05.0 Ethernet controller: Intel Corporation 82574L\r\n")]
    [InlineData(0x1000, "0000:00:05.0 Ethernet controller: Intel\n\tSubsystem: Société\n")]
    public void LspciText_IsTaken(int length, string head)
    {
        Assert.True(ConfigDump.TryParse(Text(head + Lines(length)), out var dump, out var error), error);
        Assert.Equal(length, dump.Config.Length);
        Assert.Equal(Enumerable.Range(0, length).Select(i => (byte)i), dump.Config);
    }

    [Fact]
    public void VerboseLspci_TellsSizes()
    {
        const string Head = "00:05.0 Non-Volatile memory controller: X (prog-if 02 [NVM Express])\n"
            + "\tRegion 0: Memory at febd0000 (64-bit, non-prefetchable) [size=16K]\n"
            + "\tRegion 2: I/O ports at c040 [size=32]\n"
            + "\tRegion 4: Memory at 3800000000 (64-bit, prefetchable) [disabled] [size=2G]\n"
            + "\tRegion 9: Memory at 0 [size=1K]\n"
            + "\tRegion 5: Memory at 0 [size=lots]\n"
            + "\tExpansion ROM at feb40000 [disabled] [size=256K]\n"
            + "\tCapabilities: [40] Power Management version 3\n";
        Assert.True(ConfigDump.TryParse(Text(Head + Lines(64)), out var dump, out var error), error);
        Assert.Equal([16384, 0, 32, 0, 1UL << 31, 0], dump.BarSizes);
        Assert.Equal(262144UL, dump.RomSize);
    }

    [Theory]
    [InlineData("", "it has no bytes of a configuration space")]
    [InlineData("hello\n", "it has no bytes of a configuration space")]
    [InlineData(Line, "it has 0x10 bytes")]
    [InlineData("10: 86 80\n", "line 1 has the bytes from 0x10 on, but 0x0 should come next")]
    [InlineData(Line + "20: 00\n", "line 2 has the bytes from 0x20 on, but 0x10 should come next")]
    [InlineData(Line + "10: 00 00\n12: 00\n", "line 3 has the bytes from 0x12 on")]
    [InlineData(Line + "10: zz 00\n", "line 2, '10: zz 00', is no line of a dump")]
    [InlineData(Line + "10: 000 00\n", "line 2, '10: 000 00', is no line of a dump")]
    [InlineData(Line + "10: 0 1 2 3 4 5 6 7 8 9 a b c d e f 0\n", "line 2,")]
    [InlineData("00:05.0 A\n" + Line + "\n00:06.0 B\n" + Line, "line 4 begins a second function, '00:06.0 B': keep one")]
    public void BadText_SaysWhatWhereAndHow(string text, string expected)
    {
        Assert.False(ConfigDump.TryParse(Text(text), out var dump, out var error));
        Assert.Null(dump);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void RawBytesOfAnotherLength_SaySo()
    {
        Assert.False(ConfigDump.TryParse(new byte[255], out _, out var error));
        Assert.StartsWith("255 bytes that are no text", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4096", 4096UL)]
    [InlineData("0x4000", 0x4000UL)]
    [InlineData("16K", 16384UL)]
    [InlineData("1m", 1UL << 20)]
    [InlineData("0x10G", 16UL << 30)]
    [InlineData("2T", 2UL << 40)]
    [InlineData("0", 0UL)]
    public void Sizes_AreReadAsPeopleWriteThem(string text, ulong expected)
    {
        Assert.True(ConfigDump.TryParseSize(text, out var size));
        Assert.Equal(expected, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("0x")]
    [InlineData("-1")]
    [InlineData("1.5M")]
    [InlineData("16 K")]
    [InlineData("99999999999T")]
    public void OtherSizes_AreNone(string text) => Assert.False(ConfigDump.TryParseSize(text, out _));

    [Fact]
    public void AnyBytes_GiveADumpOrASentence()
    {
        var noise = Gen.OneOf(
            ArbMap.Default.GeneratorFor<byte[]>(),
            Gen.ArrayOf(Gen.Elements("00: 86 80\n", "10: ", "00", " ", "\n", ":", "00:05.0 X\n", "Region 0: [size=", "16K]", "\0", "é"))
                .Select(parts => Text(string.Concat(parts))));
        Prop.ForAll(noise.ToArbitrary(), file => ConfigDump.TryParse(file, out var dump, out var error)
            ? dump.Config.Length is 64 or 256 or 4096 && error is null
            : dump is null && error.Length > 0).QuickCheckThrowOnFailure();
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static string Lines(int length)
    {
        var text = new StringBuilder();
        for (var i = 0; i < length; i++)
        {
            text.Append((i & 15) == 0 ? $"{i:x2}:" : "").Append($" {i & 0xff:x2}").Append((i & 15) == 15 ? "\n" : "");
        }

        return text.ToString();
    }
}
