using System.Text;
using Viaduct.Iommu;
using Viaduct.Vfio.Sysfs;
using Viaduct.Vfio.Tests.Infrastructure;

namespace Viaduct.Vfio.Tests.Sysfs;

public sealed class SysfsTreeTests
{
    [Fact]
    public void AddDirectory_BelowAnOpaqueOne_IsOpaque()
    {
        var tree = new SysfsTree();
        var outer = tree.AddDirectory("/a/b", opaque: true);
        var inner = tree.AddDirectory("/a/b/c/d");
        Assert.True(outer.IsOpaque);
        Assert.True(inner.IsOpaque);
        Assert.False(((SysfsDirectory)tree.Root.Children["a"]).IsOpaque);
    }

    [Fact]
    public void Add_MakesTheDirectoriesAbove()
    {
        var tree = new SysfsTree();
        tree.Add("/a/b/c", new SysfsLink("../x"));
        Assert.Equal("../x", Assert.IsType<SysfsLink>(Find(tree, "a/b/c")).Target);
    }

    [Fact]
    public void DescribeSysfs_ShowsGroupsDevicesAndModules()
    {
        var tree = new Machine(new Type1Driver(new Type1Options { DmaEntryLimit = 100 })).System.DescribeSysfs();
        Assert.Equal("DMA\n", Text(tree, "sys/kernel/iommu_groups/4/type", mode: "644"));
        Assert.Equal(
            "0x00000000fee00000 0x00000000feefffff msi\n", Text(tree, "sys/kernel/iommu_groups/9/reserved_regions", "444"));
        Assert.Equal("0x1234\n", Text(tree, "sys/devices/fake/c/vendor", "444"));
        Assert.Equal("100\n", Text(tree, "sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "644"));
        Assert.Equal("N\n", Text(tree, "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "644"));
        Assert.Equal("10:196\n", Text(tree, "sys/devices/virtual/misc/vfio/dev", "444"));
        Assert.Equal("../../devices/virtual/misc/vfio", ((SysfsLink)Find(tree, "sys/class/misc/vfio")).Target);
        Assert.Equal("../../devices/virtual/vfio/9", ((SysfsLink)Find(tree, "sys/class/vfio/9")).Target);
    }

    [Fact]
    public void Attribute_IsMadeAtEachShow()
    {
        var shown = 0;
        var attribute = new SysfsAttribute(0, 4096, () => [(byte)++shown]);
        Assert.Equal([1], attribute.Show());
        Assert.Equal([2], attribute.Show());
    }

    private static string Text(SysfsTree tree, string path, string mode)
    {
        var attribute = Assert.IsType<SysfsAttribute>(Find(tree, path));
        Assert.Equal(Convert.ToInt32(mode, 8), attribute.Mode);
        return Encoding.ASCII.GetString(attribute.Show());
    }

    private static SysfsNode Find(SysfsTree tree, string path)
        => path.Split('/').Aggregate((SysfsNode)tree.Root, (node, name) => ((SysfsDirectory)node).Children[name]);
}
