using System.Globalization;

namespace Viaduct.Linux;

/// <summary>
/// How many mappings this process makes for others: 32,768, or half of what the kernel lets it have where that is less (vm.max_map_count). The rest stays for
/// the runtime, which ends the process where it cannot have one.
/// </summary>
internal static class MappingBudget
{
    private const string LimitPath = "/proc/sys/vm/max_map_count";
    private const int UsualLimit = 65530;
    private const int Most = 32768;

    private static int s_left = Math.Min(Most, ReadLimit() / 2);

    /// <summary>Takes one.</summary>
    /// <returns>False where none is left.</returns>
    public static bool TryTake()
    {
        if (Interlocked.Decrement(ref s_left) >= 0)
        {
            return true;
        }

        Give();
        return false;
    }

    /// <summary>Gives one back.</summary>
    public static void Give() => Interlocked.Increment(ref s_left);

    // A sandbox may hide the file.
    private static int ReadLimit()
    {
        try
        {
            return int.TryParse(File.ReadAllText(LimitPath), CultureInfo.InvariantCulture, out var limit) ? limit : UsualLimit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return UsualLimit;
        }
    }
}
