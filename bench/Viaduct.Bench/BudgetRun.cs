using System.Globalization;

namespace Viaduct.Bench;

/// <summary>
/// --budgets TURNS [GROUP]...: what DESIGN's budgets ask of code in process, in seconds instead of BenchmarkDotNet's
/// minutes, on the very methods that BenchmarkDotNet measures. One line for each, see <see cref="Contest.Run"/>.
/// </summary>
internal static class BudgetRun
{
    private static readonly Dictionary<string, Action<int>> s_groups = new(StringComparer.Ordinal)
    {
        ["translate"] = Translate,
        ["dma"] = Dma,
        ["type1"] = Type1,
        ["iommufd"] = Iommufd,
    };

    /// <returns>0, or 2 where the arguments are wrong.</returns>
    public static int Run(string[] args)
    {
        if (args.Length == 0
            || !int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out var turns)
            || turns is < 1 or > 10_000
            || args[1..].Any(name => !s_groups.ContainsKey(name)))
        {
            Console.Error.WriteLine($"usage: Viaduct.Bench --budgets TURNS [{string.Join('|', s_groups.Keys)}]...");
            return 2;
        }

        foreach (var name in args.Length > 1 ? args[1..] : [.. s_groups.Keys])
        {
            s_groups[name](turns);
        }

        return 0;
    }

    private static void Translate(int turns)
    {
        foreach (var mappings in (int[])[1, 64, 4096, 65535])
        {
            foreach (var pattern in Enum.GetValues<AddressPattern>())
            {
                using var benchmarks = new TranslationBenchmarks { Mappings = mappings, Pattern = pattern };
                benchmarks.Setup();
                new Contest(
                    $"translate-{mappings}-{Lower(pattern)}",
                    () => benchmarks.Translate(),
                    OperationsPerCall: IovaLayout.AddressCount).Run(turns);
            }
        }
    }

    private static void Dma(int turns)
    {
        foreach (var size in (int[])[4 << 10, 64 << 10, 1 << 20])
        {
            foreach (var set in Enum.GetValues<WorkingSet>())
            {
                using var benchmarks = new DmaBenchmarks { Size = size, WorkingSet = set };
                benchmarks.Setup();
                new Contest($"dma-read-{size}-{Lower(set)}", () => benchmarks.Read(), benchmarks.MemcpyRead).Run(turns);
                new Contest($"dma-write-{size}-{Lower(set)}", () => benchmarks.Write(), benchmarks.MemcpyWrite).Run(turns);
                new Contest($"dma-copy-{size}-{Lower(set)}", () => benchmarks.Copy(), benchmarks.MemcpyCopy).Run(turns);
            }
        }
    }

    private static void Type1(int turns)
    {
        foreach (var held in (int[])[0, 64, 65534])
        {
            using var benchmarks = new Type1Benchmarks { Held = held };
            benchmarks.Setup();
            new Contest($"map-unmap-{held}", benchmarks.MapUnmap).Run(turns);
        }
    }

    /// <summary>A container's pair beside an iommufd's.</summary>
    private static void Iommufd(int turns)
    {
        foreach (var held in (int[])[0, 64, 65534])
        {
            using var container = new Type1Benchmarks { Held = held };
            using var iommufd = new IommufdBenchmarks { Held = held };
            container.Setup();
            iommufd.Setup();
            new Contest($"iommufd-map-unmap-{held}", iommufd.MapUnmap, container.MapUnmap).Run(turns);
        }
    }

    private static string Lower<T>(T value)
        where T : struct, Enum
        => value.ToString().ToLowerInvariant();
}
