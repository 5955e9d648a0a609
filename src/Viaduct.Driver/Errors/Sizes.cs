namespace Viaduct.Driver;

/// <summary>Byte counts for people.</summary>
internal static class Sizes
{
    private static readonly string[] s_units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Exact: the largest unit that leaves no remainder.</summary>
    internal static string Format(ulong bytes)
    {
        var unit = 0;
        while (unit < s_units.Length - 1 && bytes != 0 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }

        return $"{bytes} {s_units[unit]}";
    }
}
