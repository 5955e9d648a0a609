using System.Globalization;
using System.Text.RegularExpressions;
using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

/// <summary>Golden/edu-config.txt is what a program saw of QEMU's edu on a real kernel: every access to configuration
/// space in it is made here again, and must give the same bytes. The host's address and interrupt line were cleared
/// in what it printed.</summary>
public sealed partial class EduConfigGoldenTests
{
    private const int Size = 256;
    private static readonly string[] s_lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Golden", "edu-config.txt"));

    [Fact]
    public void Reads_AreTheKernels()
    {
        using var client = new Client(TestFunction.Edu());
        var seen = 0;
        foreach (var line in s_lines[..Section("COMMAND bit by bit")])
        {
            if (ReadLine().Match(line) is not { Success: true } match)
            {
                continue;
            }

            seen++;
            var offset = Hex(match.Groups["offset"].Value);
            var count = ulong.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture);
            var result = client.Device.Read(client.Caller, Client.Argument, count, Client.Config + offset);
            Assert.Equal(match.Groups["result"].Value, Text(result));
            var shown = (int)Math.Max(0, Math.Min(64, result.Raw));
            var bytes = client.ArgumentBytes[..shown].ToArray();
            HideHost(bytes, (int)offset);
            Assert.Equal((line, match.Groups["bytes"].Value.Trim()), (line, Convert.ToHexStringLower(bytes)));
        }

        Assert.InRange(seen, 500, 600);
    }

    [Theory]
    [InlineData("writes of 1", "writes of 2", 1024)]
    [InlineData("writes of 2", "writes of 4", 512)]
    [InlineData("writes of 4", "unaligned and long writes", 256)]
    [InlineData("unaligned and long writes", "configuration space at a later open", 61)]
    public void Writes_ReadBackAsTheKernels(string section, string next, int expected)
    {
        using var client = new Client(TestFunction.Edu());
        var was = client.Read(Client.Config, Size);
        var seen = 0;
        foreach (var line in s_lines[Section(section)..Section(next)])
        {
            if (WriteLine().Match(line) is not { Success: true } match)
            {
                continue;
            }

            seen++;
            var offset = Hex(match.Groups["offset"].Value);
            var data = Expand(match.Groups["data"].Value, int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture));
            var result = client.Write(Client.Config + offset, data);
            var after = client.Read(Client.Config, Size);
            Assert.Equal((line, match.Groups["rest"].Value), (line, Describe(result, (int)offset, was, after)));
            for (var i = 0; i < Size; i += 4)
            {
                client.Write(Client.Config + (ulong)i, was.AsSpan(i, 4));
            }

            Assert.Equal((line, Convert.ToHexString(was)), (line, Convert.ToHexString(client.Read(Client.Config, Size))));
        }

        Assert.Equal(expected, seen);
    }

    [Fact]
    public void LaterOpen_FindsOnlyTheChipsOwnScratch()
    {
        using var client = new Client(TestFunction.Edu());
        client.Write(Client.Config, Enumerable.Repeat((byte)0xff, Size).ToArray());
        client.Device.CloseDevice();
        Assert.Equal(SysResult.Success, client.Device.OpenDevice());
        foreach (var line in s_lines[Section("configuration space at a later open")..])
        {
            if (ReadLine().Match(line) is { Success: true } match)
            {
                var offset = (int)Hex(match.Groups["offset"].Value);
                var bytes = client.Read(Client.Config + (ulong)offset, 16);
                HideHost(bytes, offset);
                Assert.Equal((line, match.Groups["bytes"].Value.Trim()), (line, Convert.ToHexStringLower(bytes)));
            }
        }
    }

    /// <summary>The rest of a line: the result, what the written bytes read as, and others that changed.</summary>
    private static string Describe(SysResult result, int offset, byte[] before, byte[] after)
    {
        var text = Text(result);
        var end = result.IsError ? offset : offset + (int)result.Raw;
        if (result.Raw > 0)
        {
            text += " reads " + Convert.ToHexStringLower(after.AsSpan(offset, (int)result.Raw));
        }

        for (var i = 0; i < Size; i++)
        {
            if ((i < offset || i >= end) && before[i] != after[i])
            {
                text += $" [{i:x2}]={after[i]:x2}";
            }
        }

        return text;
    }

    /// <summary>Long data are cut in the transcript; all of their bytes are alike.</summary>
    private static byte[] Expand(string data, int count)
    {
        var bytes = new byte[count];
        var shown = Convert.FromHexString(data);
        bytes.AsSpan().Fill(shown.Length == 0 ? (byte)0 : shown[^1]);
        shown.CopyTo(bytes, 0);
        return bytes;
    }

    private static void HideHost(byte[] bytes, int offset)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (offset + i) switch { 0x12 => (byte)(bytes[i] & 0xf), 0x13 or 0x3c => 0, _ => bytes[i] };
        }
    }

    private static string Text(SysResult result) => result.IsError ? $"-1 {result.Errno}" : $"{result.Raw}";

    private static int Section(string title) => Array.IndexOf(s_lines, "== " + title);

    private static ulong Hex(string text) => Convert.ToUInt64(text, 16);

    [GeneratedRegex(@"^pread\(config\+(?<offset>0x[0-9a-f]+|0), (?<count>\d+)\) = (?<result>-1 \w+|\d+)(?<bytes> [0-9a-f]+)?$")]
    private static partial Regex ReadLine();

    [GeneratedRegex(@"^pwrite\(config\+(?<offset>0x[0-9a-f]+|0), (?<data>[0-9a-f]*)(\.\.\.)?, (?<count>\d+)\) = (?<rest>.*)$")]
    private static partial Regex WriteLine();
}
