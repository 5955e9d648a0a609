using Viaduct.Supervisor.Vfs;

namespace Viaduct.Supervisor.Tests.Vfs;

public sealed class LockedStatusTests
{
    [Theory]
    [InlineData("       0", 1UL, "       4")]
    [InlineData("      16", 65UL, "     276")]
    [InlineData("99999999", 1UL, "100000003")]
    public void Add_LineOfLockedMemory_Grows(string before, ulong pages, string after)
        => Assert.Equal(Status(after), LockedStatus.Add(Status(before), pages, 0));

    [Theory]
    [InlineData("")]
    [InlineData("Name:\tx\nState:\tZ (zombie)\n")]
    [InlineData("Name:\tx\nVmLck:")]
    [InlineData("Name:\tx\nVmLck:\tmany kB\n")]
    public void Add_NoSuchLine_ChangesNothing(string status) => Assert.Equal(status, LockedStatus.Add(status, 1, 1));

    [Fact]
    public void Add_RealStatus_ChangesOneLine()
    {
        var status = File.ReadAllText("/proc/self/status");
        var before = status.Split('\n');
        var after = LockedStatus.Add(status, 3, 0).Split('\n');
        Assert.Equal(before.Length, after.Length);
        var changed = Assert.Single(Enumerable.Range(0, before.Length), i => before[i] != after[i]);
        Assert.StartsWith("VmLck:\t", after[changed], StringComparison.Ordinal);
        Assert.Equal(before[changed].Length, after[changed].Length);
    }

    private static string Status(string locked)
        => $"Name:\tx VmLck: 1 kB\nVmPeak:\t     100 kB\nVmLck:\t{locked} kB\nVmPin:\t       0 kB\n";

    [Fact]
    public void Add_PinnedPages_GrowTheLineBehind()
        => Assert.Equal(
            "VmPeak:\t     100 kB\nVmLck:\t       4 kB\nVmPin:\t       8 kB\n",
            LockedStatus.Add("VmPeak:\t     100 kB\nVmLck:\t       0 kB\nVmPin:\t       0 kB\n", 1, 2));
}
