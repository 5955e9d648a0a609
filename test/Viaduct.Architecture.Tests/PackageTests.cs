using System.Xml.Linq;
using Viaduct.Architecture.Tests.Infrastructure;

namespace Viaduct.Architecture.Tests;

public sealed class PackageTests
{
    private const string Document = "docs/dependencies.md";

    [Fact]
    public void Packages_HaveAReason_AndReasonsAPackage()
    {
        var packages = XDocument.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion")
            .Select(e => e.Attribute("Include")!.Value).Order(StringComparer.Ordinal);
        Assert.Equal(packages, Reasons().Select(r => r.Package).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Reasons_AreGiven() => Assert.DoesNotContain(Reasons(), r => r.Reason.Length == 0);

    [Fact]
    public void Projects_LeaveVersionsToTheCentralList()
        => Assert.DoesNotContain(
            Repository.Files(".", ".csproj", ".props").Where(path => Path.GetFileName(path) != "Directory.Packages.props"),
            path => XDocument.Parse(Repository.Read(path)).Descendants("PackageReference").Any(e => e.Attribute("Version") is not null));

    private static IReadOnlyList<(string Package, string Reason)> Reasons()
        => [.. Repository.ReadLines(Document).Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells is ["", ['`', .., '`'], ..])
            .Select(cells => (cells[1].Trim('`'), cells[2]))];
}
