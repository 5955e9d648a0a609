using Viaduct.Abi;
using Viaduct.Supervisor.Vfs;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Tests.Vfs;

public sealed class PathWalkTests
{
    // No host has such a directory.
    private const string Top = "/viaduct-tests";

    private static readonly WalkRules s_plain = new() { Follow = true };

    private readonly SysfsTree _tree = new();

    public PathWalkTests()
    {
        _tree.AddDirectory($"{Top}/devices", opaque: true);
        _tree.Add($"{Top}/devices/a/vendor", SysfsAttribute.Text("1"));
        _tree.Add($"{Top}/devices/a/group", new SysfsLink("../../groups/4"));
        _tree.Add($"{Top}/devices/a/near", new SysfsLink("vendor"));
        _tree.Add($"{Top}/devices/a/absolute", new SysfsLink($"{Top}/devices/a/vendor"));
        _tree.Add($"{Top}/devices/a/loop", new SysfsLink("loop"));
        _tree.Add($"{Top}/groups/4/type", SysfsAttribute.Text("DMA"));
        _tree.AddDirectory("/proc");
    }

    [Theory]
    [InlineData("/devices/a/vendor", "/devices/a/vendor")]
    [InlineData("//devices/./a///vendor", "/devices/a/vendor")]
    [InlineData("/devices/a/../a/vendor", "/devices/a/vendor")]
    [InlineData("/devices/a/", "/devices/a")]
    [InlineData("/devices/a/.", "/devices/a")]
    [InlineData("/devices/a/group", "/groups/4")]
    [InlineData("/devices/a/group/", "/groups/4")]
    [InlineData("/devices/a/group/type", "/groups/4/type")]
    [InlineData("/devices/a/group/../../devices/a", "/devices/a")]
    [InlineData("/devices/a/near", "/devices/a/vendor")]
    [InlineData("/devices/a/absolute", "/devices/a/vendor")]
    public void Run_PathOfOurs_FindsItsNode(string path, string expected)
    {
        var found = Walk(path);
        Assert.Equal((LookupKind.Node, Top + expected, Errno.None), (found.Kind, found.Path, found.Error));
        Assert.NotNull(found.Node);
    }

    [Fact]
    public void Run_LeadingDotDots_StayAtTheRoot()
        => Assert.Equal($"{Top}/devices", new PathWalk(_tree.Root, s_plain).Run($"/../..{Top}/devices").Path);

    [Theory]
    [InlineData("/devices/a/vendor/", Errno.ENOTDIR)]
    [InlineData("/devices/a/vendor/.", Errno.ENOTDIR)]
    [InlineData("/devices/a/vendor/..", Errno.ENOTDIR)]
    [InlineData("/devices/a/vendor/x", Errno.ENOTDIR)]
    [InlineData("/devices/a/near/", Errno.ENOTDIR)]
    [InlineData("/devices/a/x", Errno.ENOENT)]
    [InlineData("/devices/x/../a", Errno.ENOENT)]
    [InlineData("/devices/a/loop", Errno.ELOOP)]
    [InlineData("/devices/a/loop/x", Errno.ELOOP)]
    public void Run_BadPath_Fails(string path, Errno expected)
    {
        var found = Walk(path);
        Assert.Equal((LookupKind.Error, expected), (found.Kind, found.Error));
    }

    [Fact]
    public void Run_LastComponentMissing_NamesTheParent()
    {
        Assert.Same(Walk("/devices/a").Node, Walk("/devices/a/new").Node);
        Assert.Null(Walk("/devices/new/x").Node);
    }

    [Theory]
    [InlineData("/devices/a/group", true)]
    [InlineData("/devices/a/group/", false)]
    [InlineData("/devices/a/group/type", false)]
    public void Run_NotToFollow_StopsAtALinkAtTheEndOnly(string path, bool isLink)
        => Assert.Equal(isLink, new PathWalk(_tree.Root, new WalkRules()).Run(Top + path).Node is SysfsLink);

    [Fact]
    public void Run_LinksForbidden_ReturnsELOOP()
    {
        var rules = new WalkRules { Follow = true, NoLinks = true };
        Assert.Equal(Errno.ELOOP, new PathWalk(_tree.Root, rules).Run($"{Top}/devices/a/group/type").Error);
        Assert.Equal(LookupKind.Node, new PathWalk(_tree.Root, rules).Run($"{Top}/devices/a/../a/vendor").Kind);
    }

    [Theory]
    [InlineData("vendor", Errno.None)]
    [InlineData("near", Errno.None)]
    [InlineData("../a/vendor", Errno.EXDEV)]
    [InlineData("group/type", Errno.EXDEV)]
    [InlineData("absolute", Errno.EXDEV)]
    [InlineData("x", Errno.ENOENT)]
    public void Run_Beneath_MayNotLeave(string path, Errno expected)
    {
        var rules = new WalkRules { Follow = true, ThroughOurs = true, Floor = 3 };
        Assert.Equal(expected, new PathWalk(_tree.Root, rules).Run($"{Top}/devices/a/{path}").Error);
    }

    [Theory]
    [InlineData("../../vendor", "/devices/a/vendor")]
    [InlineData("..", "/devices/a")]
    public void Run_InRoot_StaysThere(string path, string expected)
    {
        var rules = new WalkRules { Follow = true, ThroughOurs = true, Floor = 3, FloorIsRoot = true };
        Assert.Equal(Top + expected, new PathWalk(_tree.Root, rules).Run($"{Top}/devices/a/{path}").Path);
    }

    [Fact]
    public void Run_HostsPath_IsTheKernels()
    {
        Assert.Equal(LookupKind.Host, new PathWalk(_tree.Root, s_plain).Run("/usr/bin").Kind);
        Assert.Equal(LookupKind.Host, new PathWalk(_tree.Root, s_plain).Run($"{Top}/other").Kind);
    }

    [Fact]
    public void Run_DirectoryOfBoth_IsTheHostsAndNamesOurs()
    {
        var found = new PathWalk(_tree.Root, s_plain).Run("/proc");
        Assert.Equal((LookupKind.Host, "/proc"), (found.Kind, found.Path));
        Assert.IsType<SysfsDirectory>(found.Node);
    }

    [Fact]
    public void Run_HostsPathThroughOurs_SaysWhereItIs()
    {
        var found = Walk("/devices/../other/x");
        Assert.Equal((LookupKind.HostPath, $"{Top}/other/x"), (found.Kind, found.Path));
    }

    [Theory]
    [InlineData("/usr/lib/x", true)]
    [InlineData("/sys/bus", false)]
    [InlineData("/dev/vfio", false)]
    [InlineData("/proc/self", false)]
    [InlineData("/usr/../sys", false)]
    [InlineData("//sys", false)]
    [InlineData("/", false)]
    [InlineData("sys", false)]
    public void IsSurelyHost_OnlyWhereNothingLeadsToOurs(string path, bool expected)
        => Assert.Equal(expected, VirtualFileSystem.IsSurelyHost(System.Text.Encoding.UTF8.GetBytes(path)));

    private Lookup Walk(string path) => new PathWalk(_tree.Root, s_plain).Run(Top + path);
}
