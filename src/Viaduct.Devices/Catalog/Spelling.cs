namespace Viaduct.Devices.Catalog;

/// <summary>Finds what somebody may have meant.</summary>
internal static class Spelling
{
    // Names from the command line are compared up to here.
    private const int LongestName = 64;

    /// <summary>The candidate with the fewest differences, where they are few enough for it to be a slip.</summary>
    public static string? Nearest(string written, IEnumerable<string> candidates)
    {
        if (written.Length > LongestName)
        {
            return null;
        }

        string? best = null;
        var least = Math.Max(1, written.Length / 2) + 1;
        foreach (var candidate in candidates)
        {
            var distance = Distance(written, candidate);
            if (distance < least)
            {
                (best, least) = (candidate, distance);
            }
        }

        return best;
    }

    /// <summary>Levenshtein's distance, without regard to case.</summary>
    private static int Distance(string left, string right)
    {
        var row = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var isSame = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                var replaced = diagonal + (isSame ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
