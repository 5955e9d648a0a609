using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// One interrupt of a device. Interrupts that come while nobody waits are remembered, and several become one: after a
/// wait, handle everything that the device has finished. Any number of threads may be in
/// <see cref="Wait(TimeSpan, CancellationToken)"/>, one of which gets the interrupt; only one <see cref="WaitAsync"/>
/// can be under way.
/// </summary>
public sealed class InterruptVector
{
    private readonly IDeviceBackend _backend;
    private readonly InterruptWaiter _waiter;

    internal InterruptVector(
        IDeviceBackend backend, InterruptKind kind, int index, EventFd eventFd, InterruptDispatcher dispatcher)
    {
        _backend = backend;
        Kind = kind;
        Index = index;
        EventFd = eventFd;
        _waiter = new InterruptWaiter(eventFd, dispatcher);
    }

    /// <summary>The vector's kind.</summary>
    public InterruptKind Kind { get; }

    /// <summary>The vector's number within its kind.</summary>
    public int Index { get; }

    internal EventFd EventFd { get; }

    /// <summary>Waits for ever.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; no interrupt is lost.</exception>
    /// <exception cref="ObjectDisposedException">The interrupts are disabled.</exception>
    public void Wait(CancellationToken cancellationToken = default) => Wait(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Waits until the interrupt has come.</summary>
    /// <param name="timeout">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever, <see cref="TimeSpan.Zero"/>
    /// just looks.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time is over.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; no interrupt is lost.</exception>
    /// <exception cref="ObjectDisposedException">The interrupts are disabled.</exception>
    public bool Wait(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        EventFd.TryWait(timeout, out _, cancellationToken);

    /// <summary>Waits without a thread until the interrupt has come. Allocates nothing; the result must be awaited
    /// once.</summary>
    /// <param name="cancellationToken">Ends the wait; no interrupt is lost.</param>
    /// <exception cref="InvalidOperationException">The last wait was not awaited yet.</exception>
    /// <exception cref="ObjectDisposedException">The interrupts are or become disabled.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default) => _waiter.WaitAsync(cancellationToken);

    /// <summary>Lets INTx come again: the kernel masks it when it fires. Call it when the device's reason for the
    /// interrupt is acknowledged. Other kinds need nothing.</summary>
    public void Unmask()
    {
        if (Kind == InterruptKind.Intx)
        {
            _backend.UnmaskInterrupt(Kind);
        }
    }

    /// <summary>Raises the interrupt as if the device had, to test a handler.</summary>
    public void Trigger() => _backend.TriggerInterrupt(Kind, Index);

    internal void Close()
    {
        _waiter.Close();
        EventFd.Dispose();
    }
}
