namespace Viaduct.Pci.Tests;

public sealed class DeviceThreadTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Post_OneThread_RunsInOrder()
    {
        var thread = new DeviceThread("test", _ => { });
        using var done = new ManualResetEventSlim();
        List<int> ran = [];
        for (var i = 0; i < 100; i++)
        {
            var number = i;
            thread.Post(() => ran.Add(number));
        }

        thread.Post(done.Set);
        Assert.True(done.Wait(s_patience));
        Assert.Equal(Enumerable.Range(0, 100), ran);
    }

    [Fact]
    public void Post_SeveralThreads_RunsThatManyAtOnceAndTheRestLater()
    {
        const int Most = 3;
        var threads = new DeviceThread("test", _ => { }, Most);
        using var arrived = new CountdownEvent(Most);
        using var leave = new ManualResetEventSlim();
        using var all = new CountdownEvent(10);
        var (running, most) = (0, 0);
        for (var i = 0; i < 10; i++)
        {
            threads.Post(() =>
            {
                var now = Interlocked.Increment(ref running);
                lock (all)
                {
                    most = Math.Max(most, now);
                }

                if (!arrived.IsSet)
                {
                    arrived.Signal();
                }

                leave.Wait();
                Interlocked.Decrement(ref running);
                all.Signal();
            });
        }

        Assert.True(arrived.Wait(s_patience));
        leave.Set();
        Assert.True(all.Wait(s_patience));
        Assert.Equal(Most, most);
    }

    [Fact]
    public void Post_WorkThatThrows_IsTold()
    {
        using var failed = new ManualResetEventSlim();
        Exception? bug = null;
        var threads = new DeviceThread("test", exception =>
        {
            bug = exception;
            failed.Set();
        });
        threads.Post(() => throw new InvalidOperationException("a bug"));
        Assert.True(failed.Wait(s_patience));
        Assert.Equal("a bug", bug?.Message);
    }
}
