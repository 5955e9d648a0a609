using System.Threading.Tasks.Sources;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// The one asynchronous wait that a vector can have, reused from wait to wait. A wait is decided under the lock by
/// whoever comes first: the dispatcher (which takes the eventfd's count only then, so that a cancelled wait loses
/// nothing), the token, or <see cref="Close"/>. Lock order: this lock, then the dispatcher's.
/// </summary>
internal sealed class InterruptWaiter(EventFd eventFd, InterruptDispatcher dispatcher) : IValueTaskSource
{
    private readonly Lock _lock = new();

    // The continuation runs on the thread pool: the dispatcher serves other vectors meanwhile.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;
    private bool _busy;
    private bool _undecided;
    private bool _closed;

    internal EventFd EventFd => eventFd;

    internal ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        ValueTask wait;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(InterruptVector));
            if (_busy)
            {
                throw new InvalidOperationException("A WaitAsync of this vector is under way: await it first.");
            }

            if (eventFd.TryConsume(out _))
            {
                return ValueTask.CompletedTask;
            }

            _core.Reset();
            _busy = true;
            _undecided = true;
            _token = cancellationToken;
            wait = new ValueTask(this, _core.Version);
            dispatcher.Arm(this);
        }

        // May run Cancel at once, which takes the lock.
        _registration = cancellationToken.UnsafeRegister(static state => ((InterruptWaiter)state!).Cancel(), this);
        return wait;
    }

    /// <summary>Called by the dispatcher when the eventfd can be read.</summary>
    internal void Complete()
    {
        lock (_lock)
        {
            // A thread in Wait may have taken the interrupt: then this wait goes on.
            if (!_undecided || !eventFd.TryConsume(out _))
            {
                return;
            }

            Decide();
        }

        _core.SetResult(true);
    }

    /// <summary>Ends a wait that is under way, and refuses later ones.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _closed = true;
            if (!_undecided)
            {
                return;
            }

            Decide();
        }

        _core.SetException(new ObjectDisposedException(nameof(InterruptVector)));
    }

    void IValueTaskSource.GetResult(short token)
    {
        // Waits for a Cancel that runs just now, so that it cannot reach the next wait.
        _registration.Dispose();
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            lock (_lock)
            {
                _busy = false;
            }
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        lock (_lock)
        {
            if (!_undecided)
            {
                return;
            }

            Decide();
        }

        _core.SetException(new OperationCanceledException(_token));
    }

    private void Decide()
    {
        _undecided = false;
        dispatcher.Disarm(this);
    }
}
