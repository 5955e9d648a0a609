namespace Viaduct.Architecture.Tests.Infrastructure;

/// <summary>The table in docs/architecture.md that says which project may reference which.</summary>
internal static class ArrowTable
{
    public const string Document = "docs/architecture.md";

    private const string Prefix = "Viaduct.";
    private const string None = "–";

    // The composition root's word for "whichever".
    private const string Any = "all";

    /// <summary>The projects that each may reference; null for any.</summary>
    public static IReadOnlyDictionary<string, HashSet<string>?> Read()
    {
        var rows = new Dictionary<string, HashSet<string>?>(StringComparer.Ordinal);
        foreach (var line in Repository.ReadLines(Document))
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells is ["", var name, _, var arrows, ""] && name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                rows.Add(name, arrows == Any ? null : [.. Names(arrows)]);
            }
        }

        Assert.NotEmpty(rows);
        return rows;
    }

    private static IEnumerable<string> Names(string arrows)
        => arrows.Split(',', StringSplitOptions.TrimEntries).Where(name => name != None).Select(name => Prefix + name);
}
