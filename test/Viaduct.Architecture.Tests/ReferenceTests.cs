using System.Xml.Linq;
using Viaduct.Architecture.Tests.Infrastructure;

namespace Viaduct.Architecture.Tests;

public sealed class ReferenceTests
{
    [Fact]
    public void Arrows_HaveARowForEachProject()
        => Assert.Equal(Projects().Keys.Order(StringComparer.Ordinal), ArrowTable.Read().Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void ProjectReferences_AreTheArrowsThatAreDrawn()
    {
        var wrong = new List<string>();
        var arrows = ArrowTable.Read();
        foreach (var (project, references) in Projects())
        {
            if (arrows.GetValueOrDefault(project) is { } drawn && !drawn.SetEquals(references))
            {
                wrong.Add($"{project} references [{string.Join(", ", references)}], "
                    + $"{ArrowTable.Document} draws [{string.Join(", ", drawn)}]");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Arrows_LeadDownwards()
    {
        var arrows = ArrowTable.Read();
        var below = new HashSet<string>(StringComparer.Ordinal);
        var left = arrows.ToDictionary(row => row.Key, row => row.Value ?? [.. arrows.Keys.Where(name => name != row.Key)]);
        while (left.Where(row => row.Value.IsSubsetOf(below)).Select(row => row.Key).ToArray() is { Length: > 0 } placed)
        {
            below.UnionWith(placed);
            Array.ForEach(placed, name => left.Remove(name));
        }

        Assert.Empty(left.Keys); // what is left reaches itself
    }

    [Fact]
    public void NoProductProject_ReferencesATest()
        => Assert.DoesNotContain(Projects().SelectMany(p => p.Value), name => name.EndsWith(".Tests", StringComparison.Ordinal));

    private static Dictionary<string, HashSet<string>> Projects()
        => Repository.Files("src", ".csproj").ToDictionary(
            path => Path.GetFileNameWithoutExtension(path),
            path => XDocument.Parse(Repository.Read(path)).Descendants("ProjectReference")
                .Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value.Replace('\\', '/')))
                .ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);
}
