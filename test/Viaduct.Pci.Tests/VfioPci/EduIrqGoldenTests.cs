using System.Globalization;
using System.Text.RegularExpressions;
using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

/// <summary>Golden/edu-irqs.txt is what a real kernel answered to a table of SET_IRQS on QEMU's edu, each with
/// nothing enabled.</summary>
public sealed partial class EduIrqGoldenTests
{
    private static readonly string[] s_lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Golden", "edu-irqs.txt"));
    private static readonly string[] s_indexes = ["INTX", "MSI", "MSIX", "ERR", "REQ"];

    [Fact]
    public void SetIrqs_WithNothingEnabled_AnswersAsTheKernel()
    {
        using var client = new Client(TestFunction.Edu());
        var eventFd = client.Caller.NewEventFd().Number;
        var seen = 0;
        foreach (var line in s_lines)
        {
            if (SetLine().Match(line) is not { Success: true } match)
            {
                continue;
            }

            seen++;
            var flags = Flags(match.Groups["flags"].Value);
            var index = Index(match.Groups["index"].Value);
            var start = Number(match, "start");
            var count = Number(match, "count");
            var width = (flags & 4) != 0 ? 4u : (flags & 2) != 0 ? 1u : 0;
            var data = width * Math.Min(count, 16);
            client.ArgumentBytes[..256].Clear();
            for (var i = 0u; i < data; i += width)
            {
                client.ArgumentBytes[(int)(20 + i)] = (byte)eventFd;
            }

            var argsz = match.Groups["argsz"].Success ? Convert.ToUInt32(match.Groups["argsz"].Value, 16) : 20 + data;
            if (match.Groups["argsz"].Success)
            {
                client.ArgumentBytes[20] = (byte)eventFd;
            }

            var result = client.Ioctl(VfioIoctl.VFIO_DEVICE_SET_IRQS, argsz, flags, index, start, count);
            Assert.Equal((line, match.Groups["result"].Value), (line, result.IsError ? $"-1 {result.Errno}" : $"{result.Raw}"));
            AllOff(client);
        }

        Assert.InRange(seen, 580, 600);
    }

    private static void AllOff(Client client)
    {
        for (var index = 0u; index < 5; index++)
        {
            client.Ioctl(VfioIoctl.VFIO_DEVICE_SET_IRQS, 20, 0x21, index, 0, 0);
        }
    }

    private static uint Number(Match match, string group) => uint.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static uint Index(string name)
        => name.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToUInt32(name, 16) : (uint)Array.IndexOf(s_indexes, name);

    private static uint Flags(string text)
    {
        string[] names = ["NONE", "BOOL", "EVENTFD", "MASK", "UNMASK", "TRIGGER"];
        var flags = 0u;
        foreach (var name in text.Split('|'))
        {
            var bit = Array.IndexOf(names, name);
            flags |= bit >= 0 ? 1u << bit : Convert.ToUInt32(name, 16);
        }

        return flags;
    }

    [GeneratedRegex(@"^SET_IRQS\((?<index>\w+), (?<flags>[\w|]+), start=(?<start>\d+), count=(?<count>\d+)(, (1|fd))?\)( argsz=(?<argsz>\w+))? = (?<result>-1 \w+|\d+)$")]
    private static partial Regex SetLine();
}
