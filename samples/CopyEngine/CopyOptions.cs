using System.Globalization;

namespace CopyEngine;

/// <summary>The command line.</summary>
/// <param name="Address">The device; null for the first there is.</param>
/// <param name="Mebibytes">A buffer's size.</param>
/// <param name="Passes">How often it is copied.</param>
internal sealed record CopyOptions(string? Address, int Mebibytes, int Passes)
{
    internal const string Usage = """
        usage: CopyEngine [--size MIB] [--count N] [BDF]

        Copies a buffer of MIB (default 4, at most 1024) through an Intel I/OAT engine N times (default 16), verifies every
        copy and prints the throughput. BDF: 0000:01:00.0; default: the first 8086:2021 there is.
        """;

    /// <summary>Null where the command line cannot be read.</summary>
    internal static CopyOptions? Parse(string[] args)
    {
        var options = new CopyOptions(null, 4, 16);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--size" when TryNumber(args, ++i, 1024, out var size):
                    options = options with { Mebibytes = size };
                    break;
                case "--count" when TryNumber(args, ++i, 1_000_000, out var count):
                    options = options with { Passes = count };
                    break;
                case [not '-', ..] when options.Address is null:
                    options = options with { Address = args[i] };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }

    private static bool TryNumber(string[] args, int index, int limit, out int value)
    {
        value = 0;
        return index < args.Length
            && int.TryParse(args[index], NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value >= 1 && value <= limit;
    }
}
