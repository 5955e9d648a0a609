using Viaduct.Supervisor.Vfs;

namespace Viaduct.Supervisor.Tests.Vfs;

public sealed class ProcPathTests
{
    [Theory]
    [InlineData("/proc/self/fd/7", "Descriptor", 0, 7)]
    [InlineData("//proc/self//fd/7", "Descriptor", 0, 7)]
    [InlineData("/proc/thread-self/fd/7", "Descriptor", 0, 7)]
    [InlineData("/proc/12/fd/7", "Descriptor", 12, 7)]
    [InlineData("/proc/12/task/13/fd/7", "Descriptor", 13, 7)]
    [InlineData("/dev/fd/7", "Descriptor", 0, 7)]
    [InlineData("/proc/self/fdinfo/7", "DescriptorInfo", 0, 7)]
    [InlineData("/proc/self/cwd", "WorkingDirectory", 0, -1)]
    [InlineData("/proc/12/cwd", "WorkingDirectory", 12, -1)]
    [InlineData("/proc/self/status", "Status", 0, -1)]
    [InlineData("/proc/self/pagemap", "Pagemap", 0, -1)]
    [InlineData("/proc/12/status", "Status", 12, -1)]
    [InlineData("/proc/self/task/13/status", "Status", 13, -1)]
    public void TryParse_KnownPath_SaysWhatItNames(string path, string kind, int task, int descriptor)
    {
        Assert.True(ProcPath.TryParse(path, out var parsed));
        Assert.Equal(new ProcPath(Enum.Parse<ProcPathKind>(kind), task, descriptor), parsed);
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/proc/self")]
    [InlineData("/proc/self/fd")]
    [InlineData("/proc/self/fd/")]
    [InlineData("/proc/self/fd/x")]
    [InlineData("/proc/self/fd/-1")]
    [InlineData("/proc/self/fd/+1")]
    [InlineData("/proc/self/fd/99999999999")]
    [InlineData("/proc/self/fd/7/x")]
    [InlineData("/proc/self/ns/7")]
    [InlineData("/proc/x/fd/7")]
    [InlineData("/proc/self/task/x/fd/7")]
    [InlineData("/dev/fd")]
    [InlineData("/home/status")]
    [InlineData("")]
    public void TryParse_AnotherPath_IsFalse(string path) => Assert.False(ProcPath.TryParse(path, out _));

    [Theory]
    [InlineData("/proc/self/root/dev/vfio/vfio", 0, "/dev/vfio/vfio")]
    [InlineData("/proc/12/root/sys/", 12, "/sys/")]
    [InlineData("/proc/self/root", 0, "/")]
    [InlineData("/proc/self/root/", 0, "/")]
    public void TrySplitRoot_PathThroughARoot_IsSplit(string path, int task, string below)
    {
        Assert.True(ProcPath.TrySplitRoot(path, out var foundTask, out var foundBelow));
        Assert.Equal((task, below), (foundTask, foundBelow));
    }

    [Theory]
    [InlineData("/proc/self/cwd/dev")]
    [InlineData("/proc/x/root/dev")]
    [InlineData("/dev/root")]
    [InlineData("/proc")]
    public void TrySplitRoot_AnotherPath_IsFalse(string path) => Assert.False(ProcPath.TrySplitRoot(path, out _, out _));
}
