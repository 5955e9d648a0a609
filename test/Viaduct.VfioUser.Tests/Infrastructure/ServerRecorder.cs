using System.Collections.Concurrent;
using Viaduct.VfioUser.Server;

namespace Viaduct.VfioUser.Tests.Infrastructure;

/// <summary>Writes down what a server says.</summary>
internal sealed class ServerRecorder : IServerObserver, IDisposable
{
    private readonly SemaphoreSlim _gone = new(0);

    public ConcurrentQueue<string> Refusals { get; } = new();

    public string? Reason { get; private set; }

    public void Connected(int process) => Assert.Equal(Environment.ProcessId, process);

    public void Disconnected(int process, string? reason)
    {
        Reason = reason;
        _gone.Release();
    }

    public void Refused(string what) => Refusals.Enqueue(what);

    public void WaitUntilGone() => Assert.True(_gone.Wait(TimeSpan.FromSeconds(30)));

    public void Dispose() => _gone.Dispose();
}
