namespace Viaduct.Architecture.Tests.Infrastructure;

/// <summary>The repository's files, as they lie on the disk.</summary>
internal static class Repository
{
    // What a build, a run or an editor leaves behind.
    private static readonly HashSet<string> s_notOurs =
        new(StringComparer.Ordinal) { "bin", "obj", "artifacts", ".git", ".vs", "TestResults", "BenchmarkDotNet.Artifacts" };

    public static string Root { get; } = FindRoot();

    /// <summary>All files below a folder with one of the endings, as paths from the root with slashes.</summary>
    public static IReadOnlyList<string> Files(string folder, params string[] endings)
    {
        var found = new List<string>();
        Collect(new DirectoryInfo(Path.Combine(Root, folder)), endings, found);
        Assert.NotEmpty(found); // a rule that looks at nothing holds nothing
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string[] ReadLines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    public static string ProjectOf(string path) => path.Split('/')[1];

    private static void Collect(DirectoryInfo folder, string[] endings, List<string> found)
    {
        foreach (var file in folder.EnumerateFiles().Where(f => endings.Any(e => f.Name.EndsWith(e, StringComparison.Ordinal))))
        {
            found.Add(Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'));
        }

        foreach (var child in folder.EnumerateDirectories().Where(d => !s_notOurs.Contains(d.Name) && d.LinkTarget is null))
        {
            Collect(child, endings, found);
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Viaduct.slnx")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
