namespace Viaduct.Driver.Suite;

/// <summary>All cases.</summary>
internal static class DriverCases
{
    internal static IReadOnlyList<DriverCase> All { get; } =
        [.. CommonCases.All, .. MemoryCases.All, .. InterruptCases.All, .. EduCases.All, .. NvmeCases.All];

    /// <summary>The case of that name.</summary>
    internal static DriverCase Find(string name) => All.Single(found => found.Name == name);
}
