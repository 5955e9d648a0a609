using Viaduct.Abi;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Linux.Tests;

public sealed class CloseWatcherTests
{
    [Fact]
    public void LastReferenceGone_IsTold_AndNotBefore()
    {
        using var watcher = new CloseWatcher();
        Assert.Equal(SysResult.Success, MemoryFile.Create("watched", out var memory));
        Assert.False(MemoryFile.Reopen(memory!, 2, out var first).IsError);
        memory!.Dispose();
        var watch = watcher.Watch(first!);
        Assert.False(watch.IsError);
        Assert.False(MemoryFile.Duplicate(first!, out var second).IsError);

        first!.Dispose();
        Assert.False(watcher.TryNext(out _));

        second!.Dispose();
        Assert.True(watcher.TryNext(out var closed));
        Assert.Equal(watch.Raw, closed);
        while (watcher.TryNext(out var again)) // that the file itself has gone may be told as well
        {
            Assert.Equal(watch.Raw, again);
        }
    }

    [Fact]
    public void Disposed_WaitEnds()
    {
        var watcher = new CloseWatcher();
        watcher.Dispose();
        Assert.False(watcher.Wait());
    }
}
