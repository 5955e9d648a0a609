using Viaduct.Linux;

namespace Viaduct.Driver.Tests;

/// <summary>Waits on bare eventfds. No test depends on who comes first; the time limits only end a test that
/// hangs.</summary>
public sealed class InterruptTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly FakeBackend _backend = new();
    private readonly PciDevice _device;
    private readonly InterruptSet _set;

    public InterruptTests()
    {
        _device = new PciDevice(_backend);
        _set = _device.EnableInterrupts(InterruptKind.Msix, 3);
    }

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Wait_GetsWhatCameBefore_Once()
    {
        _backend.Enabled[1].Signal();
        _backend.Enabled[1].Signal();
        Assert.False(_set[0].Wait(TimeSpan.Zero));
        Assert.True(_set[1].Wait(TimeSpan.Zero));
        Assert.False(_set[1].Wait(TimeSpan.Zero));
    }

    [Fact]
    public void Wait_InAThread_IsWoken()
    {
        var came = false;
        var thread = new Thread(() => came = _set[0].Wait(s_limit));
        thread.Start();
        _set[0].Trigger();
        thread.Join();
        Assert.True(came);
    }

    [Fact]
    public void Wait_WithATokenThatIsCancelled_Throws_AndLosesNothing()
    {
        using var cancel = new CancellationTokenSource();
        Exception? seen = null;
        var thread = new Thread(() => seen = Record.Exception(() => _set[0].Wait(cancel.Token)));
        thread.Start();
        cancel.Cancel();
        thread.Join();
        Assert.Equal(cancel.Token, Assert.IsType<OperationCanceledException>(seen).CancellationToken);
        _set[0].Trigger();
        Assert.Throws<OperationCanceledException>(() => _set[0].Wait(cancel.Token));
        Assert.True(_set[0].Wait(TimeSpan.Zero));
    }

    [Fact]
    public void Wait_AfterACancelledOne_OnTheSameThread_Waits()
    {
        using var cancel = new CancellationTokenSource();
        using var timer = new Timer(_ => cancel.Cancel(), null, 1, Timeout.Infinite);
        Assert.Throws<OperationCanceledException>(() => _set[0].Wait(s_limit, cancel.Token));
        using var other = new CancellationTokenSource();
        Assert.False(_set[0].Wait(TimeSpan.FromMilliseconds(1), other.Token));
    }

    [Fact]
    public void Wait_InThreads_EndsWhenTheSetIsDisposed()
    {
        var seen = new Exception?[4];
        var threads = Enumerable.Range(0, seen.Length)
            .Select(i => new Thread(() => seen[i] = Record.Exception(() => _set[0].Wait()))).ToList();
        threads.ForEach(thread => thread.Start());
        _set.Dispose();
        threads.ForEach(thread => thread.Join());
        Assert.All(seen, exception => Assert.IsType<ObjectDisposedException>(exception));
        Assert.Equal(["enable 3", "disable"], _backend.Events);
    }

    [Fact]
    public async Task WaitAsync_GetsWhatCameBefore_AtOnce()
    {
        _set[2].Trigger();
        var wait = _set[2].WaitAsync();
        Assert.True(wait.IsCompletedSuccessfully);
        await wait;
        Assert.False(_set[2].Wait(TimeSpan.Zero));
    }

    [Fact]
    public async Task WaitAsync_OnSeveralVectors_EachGetsItsOwn()
    {
        var waits = _set.Select(vector => vector.WaitAsync().AsTask()).ToArray();
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        _set[1].Trigger();
        await waits[1].WaitAsync(s_limit);
        Assert.False(waits[0].IsCompleted || waits[2].IsCompleted);
        _set[0].Trigger();
        _set[2].Trigger();
        await Task.WhenAll(waits).WaitAsync(s_limit);
    }

    [Fact]
    public async Task WaitAsync_ManyTimes_SeesEveryRound()
    {
        for (var round = 0; round < 500; round++)
        {
            var wait = _set[0].WaitAsync().AsTask();
            _set[0].Trigger();
            await wait.WaitAsync(s_limit);
        }

        Assert.False(_set[0].Wait(TimeSpan.Zero));
    }

    [Fact]
    public async Task WaitAsync_Cancelled_Throws_AndTheNextWaitWorks()
    {
        using var cancel = new CancellationTokenSource();
        var wait = _set[0].WaitAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        var seen = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(s_limit));
        Assert.Equal(cancel.Token, seen.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _set[0].WaitAsync(cancel.Token).AsTask());
        var next = _set[0].WaitAsync().AsTask();
        _set[0].Trigger();
        await next.WaitAsync(s_limit);
    }

    [Fact]
    public async Task WaitAsync_CancelledWhileTheInterruptComes_NeverLosesIt()
    {
        for (var round = 0; round < 300; round++)
        {
            using var cancel = new CancellationTokenSource();
            var wait = _set[0].WaitAsync(cancel.Token).AsTask();
            var racer = new Thread(cancel.Cancel);
            racer.Start();
            _set[0].Trigger();
            var seen = await Record.ExceptionAsync(() => wait.WaitAsync(s_limit));
            racer.Join();
            Assert.Equal(seen is OperationCanceledException, _set[0].Wait(TimeSpan.Zero));
            Assert.True(seen is null or OperationCanceledException, seen?.ToString());
        }
    }

    [Fact]
    public async Task WaitAsync_Twice_IsRefused()
    {
        var wait = _set[0].WaitAsync().AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => _set[0].WaitAsync().AsTask());
        _set[0].Trigger();
        await wait.WaitAsync(s_limit);
    }

    [Fact]
    public async Task WaitAsync_EndsWhenTheDeviceIsDisposed()
    {
        var wait = _set[0].WaitAsync().AsTask();
        _device.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => wait.WaitAsync(s_limit));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _set[0].WaitAsync().AsTask());
        Assert.Throws<ObjectDisposedException>(() => _set[0].Wait(TimeSpan.Zero));
        Assert.Equal(["enable 3", "disable", "close"], _backend.Events);
    }

    [Fact]
    public void Wait_OnAnInterruptThatIsThere_AllocatesNothing()
    {
        for (var i = 0; i < 100; i++)
        {
            _set[0].Trigger();
            _set[0].Wait(s_limit);
        }

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                _set[0].Trigger();
                _set[0].Wait(s_limit);
                _set[0].Wait(TimeSpan.Zero);
            }
        }));
    }

    [Fact]
    public void Unmask_IsForIntxOnly()
    {
        _set[0].Unmask();
        Assert.DoesNotContain("unmask", _backend.Events);
        using var eventFd = Create();
        using var dispatcher = new InterruptDispatcher("test");
        new InterruptVector(_backend, InterruptKind.Intx, 0, eventFd, dispatcher).Unmask();
        Assert.Contains("unmask", _backend.Events);
    }

    [Fact]
    public void EnableInterrupts_MoreThanThereAre_SaysHowMany()
    {
        var seen = Assert.Throws<VfioException>(() => _device.EnableInterrupts(InterruptKind.Msix, 5));
        Assert.Contains("it has 4", seen.Message);
        seen = Assert.Throws<VfioException>(() => _device.EnableInterrupts(InterruptKind.Msi));
        Assert.Contains("the device has no Msi", seen.Message);
    }

    private static EventFd Create()
    {
        Assert.False(EventFd.Create(out var eventFd).IsError);
        return eventFd;
    }
}
