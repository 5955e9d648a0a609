using System.Text.RegularExpressions;
using System.Xml.Linq;
using Viaduct.Architecture.Tests.Infrastructure;

namespace Viaduct.Architecture.Tests;

public sealed partial class SourceTests
{
    private const int MostLines = 400;

    private static readonly string[] s_rawMemory = ["Viaduct.Linux", "Viaduct.Memory"];

    [Fact]
    public void UnsafeBlocks_AreAllowedInLinuxAndMemoryOnly()
        => Assert.Equal(
            s_rawMemory,
            Repository.Files("src", ".csproj", ".props")
                .Where(path => XDocument.Parse(Repository.Read(path)).Descendants("AllowUnsafeBlocks").Any())
                .Select(Repository.ProjectOf));

    [Fact]
    public void UnsafeCode_IsInLinuxAndMemoryOnly()
        => Assert.Empty(Offences(
            line => Unsafe().IsMatch(line), Sources().Where(path => !s_rawMemory.Contains(Repository.ProjectOf(path)))));

    [Fact]
    public void Imports_AreInLinuxOnly()
        => Assert.Empty(Offences(
            line => Import().IsMatch(line), Sources().Where(path => Repository.ProjectOf(path) != "Viaduct.Linux")));

    [Fact]
    public void Files_AreShort()
        => Assert.DoesNotContain(
            Sources().Select(path => (path, Lines: Repository.ReadLines(path).Length)), file => file.Lines > MostLines);

    [Fact]
    public void Files_HoldOneTypeEach()
        => Assert.DoesNotContain(
            Sources().Select(path => (path, Types: Repository.ReadLines(path).Count(line => TopLevelType().IsMatch(line)))),
            file => file.Types > 1);

    [Fact]
    public void Files_LeaveNothingUndone()
        => Assert.Empty(Offences(line => Undone().IsMatch(line), Sources()));

    private static IReadOnlyList<string> Sources() => Repository.Files("src", ".cs");

    private static IEnumerable<string> Offences(Predicate<string> offends, IEnumerable<string> paths)
        => from path in paths
           from line in Repository.ReadLines(path).Select((text, index) => (text, number: index + 1))
           where offends(line.text)
           select $"{path}:{line.number}: {line.text.Trim()}";

    // Not in a comment, where the word may be needed, nor in an option's name.
    [GeneratedRegex(@"^(?!\s*//).*(?<!-)\bunsafe\b(?!""|'|-)")]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"^\s*\[(LibraryImport|DllImport)\b")]
    private static partial Regex Import();

    // With file-scoped namespaces such a declaration begins its line.
    [GeneratedRegex(@"^((public|internal|file|sealed|static|abstract|readonly|partial|unsafe|ref) )*"
        + @"((record )?(class|struct)|record|interface|enum|delegate) ")]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b")]
    private static partial Regex Undone();
}
