using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Linux.Tests;

public sealed class EventFdWatcherTests : IDisposable
{
    private const int NonBlocking = 0x800;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SafeFileHandle _handle;
    private readonly EventFdContext _client;

    public EventFdWatcherTests()
    {
        Assert.Equal(SysResult.Success, EventFdContext.Create(0, NonBlocking, out var handle));
        _handle = handle!;
        _client = Share();
    }

    public void Dispose()
    {
        _client.Dispose();
        _handle.Dispose();
    }

    [Fact]
    public void Add_TwoWatchesOfOneEventFd_BothHearAWrite()
    {
        using var heard = new CountdownEvent(2);
        using var first = Add(() => heard.Signal());
        using var second = Add(() => heard.Signal());
        _client.Signal();
        Assert.True(heard.Wait(s_patience));
        Assert.False(_client.TryConsume());
    }

    [Fact]
    public void Add_WithACount_IsCalledAtOnceAndLeavesIt_AndTakesItWithTheNextWrite()
    {
        _client.Signal();
        var calls = 0;
        using var second = new ManualResetEventSlim();
        using var watch = Add(() =>
        {
            if (Interlocked.Increment(ref calls) == 2)
            {
                second.Set();
            }
        });
        Assert.Equal(1, calls);
        _client.Signal();
        Assert.True(second.Wait(s_patience));
        Assert.False(_client.TryConsume());
    }

    [Fact]
    public void Dispose_LeavesCountsToTheClient_AndOtherWatchesGoOn()
    {
        using var heard = new SemaphoreSlim(0);
        var stays = Add(() => heard.Release());
        var goes = Add(() => throw new InvalidOperationException("ended"));
        goes.Dispose();
        _client.Signal();
        Assert.True(heard.Wait(s_patience));
        stays.Dispose();
        _client.Signal();
        Assert.True(_client.TryConsume());
    }

    [Fact]
    public void Id_IsTheSameForCopies_AndKnownAfterDispose()
    {
        using var copy = Share();
        Assert.NotNull(copy.Id);
        Assert.Equal(_client.Id, copy.Id);
        copy.Dispose();
        Assert.Equal(_client.Id, copy.Id);
    }

    private EventFdContext Share()
    {
        Assert.False(MemoryFile.Duplicate(_handle, out var copy).IsError);
        return new EventFdContext(copy!);
    }

    private IDisposable Add(Action signalled)
    {
        Assert.Equal(SysResult.Success, EventFdWatcher.Shared.Add(Share(), signalled, out var watch));
        return watch!;
    }
}
