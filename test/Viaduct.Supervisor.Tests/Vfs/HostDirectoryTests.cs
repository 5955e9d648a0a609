using Viaduct.Linux.Descriptors;
using Viaduct.Supervisor.Vfs;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Tests.Vfs;

public sealed class HostDirectoryTests
{
    [Fact]
    public void Names_MissingDirectory_AreNone() => Assert.Empty(HostDirectory.Names("/viaduct-tests"));

    [Fact]
    public void Names_AreAllButTheDots()
    {
        var names = HostDirectory.Names("/proc/self");
        Assert.Contains("status", names);
        Assert.DoesNotContain(".", names);
    }

    [Theory]
    [InlineData("status", false)]
    [InlineData("viaduct", true)]
    public void Lacks_WhatOnlyOursHas(string child, bool expected)
    {
        var tree = new SysfsTree();
        tree.Add($"/proc/self/{child}", SysfsAttribute.Text(""));
        Assert.Equal(expected, HostDirectory.Lacks("/proc/self", tree.AddDirectory("/proc/self")));
    }

    [Theory]
    [InlineData(0x8000, true)]  // S_IFREG: the kernel will judge, since we are who asks
    [InlineData(0x1000, false)] // S_IFIFO
    public void MayOpen_OurselvesWhatWeMay_ButNoFifo(ushort type, bool expected)
        => Assert.Equal(expected, HostDirectory.MayOpen(Environment.ProcessId, new FileStatus { Mode = type }, 4));
}
