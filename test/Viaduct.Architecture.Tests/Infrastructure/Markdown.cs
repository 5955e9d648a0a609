using System.Text.RegularExpressions;

namespace Viaduct.Architecture.Tests.Infrastructure;

/// <summary>What a link may lead to, and where links are.</summary>
internal static partial class Markdown
{
    private const string Fence = "```";

    /// <summary>The text without its blocks of code.</summary>
    public static IEnumerable<string> Prose(IEnumerable<string> lines)
    {
        var inCode = false;
        foreach (var line in lines)
        {
            if (line.TrimStart().StartsWith(Fence, StringComparison.Ordinal))
            {
                inCode = !inCode;
            }
            else if (!inCode)
            {
                yield return line;
            }
        }
    }

    /// <summary>The targets of all links and pictures.</summary>
    public static IEnumerable<string> Links(IEnumerable<string> lines)
        => Prose(lines).Select(line => CodeSpan().Replace(line, "")).SelectMany(line => Link().Matches(line))
            .Select(match => match.Groups["inline"].Value + match.Groups["html"].Value);

    /// <summary>The anchors that a forge makes of the headings.</summary>
    public static HashSet<string> Anchors(IEnumerable<string> lines)
        => [.. Prose(lines).Where(line => line.StartsWith('#'))
            .Select(line => NotInAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex("""\]\((?<inline>[^)\s]+)\)|(?:src|href|srcset)="(?<html>[^"]+)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
