using Viaduct.Architecture.Tests.Infrastructure;

namespace Viaduct.Architecture.Tests;

public sealed class DocumentTests
{
    [Fact]
    public void RelativeLinks_LeadSomewhere()
    {
        var broken = new List<string>();
        foreach (var document in Repository.Files(".", ".md"))
        {
            broken.AddRange(Markdown.Links(Repository.ReadLines(document)).Where(link => !IsAbsolute(link) && !Exists(document, link))
                .Select(link => $"{document}: {link}"));
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void Documents_AreReachableFromTheReadme()
    {
        var reached = new HashSet<string>(StringComparer.Ordinal) { "README.md" };
        var open = new Stack<string>(reached);
        while (open.TryPop(out var document))
        {
            foreach (var link in Markdown.Links(Repository.ReadLines(document)).Where(link => !IsAbsolute(link)))
            {
                var target = Resolve(document, link.Split('#')[0]);
                if (target.EndsWith(".md", StringComparison.Ordinal) && File.Exists(Path.Combine(Repository.Root, target))
                    && reached.Add(target))
                {
                    open.Push(target);
                }
            }
        }

        Assert.Empty(Repository.Files("docs", ".md").Except(reached));
    }

    private static bool IsAbsolute(string link)
        => link.Contains("://", StringComparison.Ordinal) || link.StartsWith("mailto:", StringComparison.Ordinal);

    private static bool Exists(string document, string link)
    {
        var parts = link.Split('#', 2);
        var target = parts[0].Length == 0 ? document : Resolve(document, parts[0]);
        var path = Path.Combine(Repository.Root, target);
        return parts.Length == 1
            ? File.Exists(path) || Directory.Exists(path)
            : File.Exists(path) && Markdown.Anchors(Repository.ReadLines(target)).Contains(parts[1]);
    }

    private static string Resolve(string document, string link)
        => Path.GetRelativePath(
            Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, link)));
}
