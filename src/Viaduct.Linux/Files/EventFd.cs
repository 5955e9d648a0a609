using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Linux;

/// <summary>
/// An eventfd(2) of our own, which does not block: a counter that somebody adds to and somebody takes. Disposing ends
/// the waits of other threads.
/// </summary>
public sealed class EventFd : SafeHandle
{
    private const int EfdCloexec = 0x80000;
    private const int EfdNonblock = 0x800;

    [ThreadStatic]
    private static EventFd? s_cancel;

    private volatile bool _closing;

    private EventFd(int fd)
        : base(-1, ownsHandle: true) => SetHandle(fd);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>Makes one with a counter of zero.</summary>
    /// <param name="eventFd">The eventfd; invalid after an error.</param>
    /// <returns>0, or EMFILE, ENFILE, ENOMEM.</returns>
    public static SysResult Create(out EventFd eventFd)
    {
        var fd = LibC.EventFd(0, EfdCloexec | EfdNonblock);
        var result = fd < 0 ? FileCalls.LastErrno() : SysResult.Success;
        eventFd = new EventFd(fd);
        return result;
    }

    /// <summary>Adds one to the counter; a full counter stays full.</summary>
    /// <exception cref="ObjectDisposedException">The eventfd is closed.</exception>
    public SysResult Signal()
    {
        var added = false;
        DangerousAddRef(ref added);
        try
        {
            return FileCalls.Result(LibC.WriteEventFd((int)handle, 1, sizeof(ulong)));
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <summary>Takes the counter's value, without waiting.</summary>
    /// <param name="count">The value, above zero; 0 where there was nothing.</param>
    /// <returns>False where the counter was zero.</returns>
    /// <exception cref="ObjectDisposedException">The eventfd is closed.</exception>
    public bool TryConsume(out ulong count)
    {
        var added = false;
        DangerousAddRef(ref added);
        try
        {
            return Consume(out count);
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <summary>Waits until the counter is not zero, and takes its value.</summary>
    /// <param name="timeout">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="count">The value, above zero; 0 when the time is over.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time is over.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; the counter is untouched.</exception>
    /// <exception cref="ObjectDisposedException">The eventfd is closed.</exception>
    public bool TryWait(TimeSpan timeout, out ulong count, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TryConsume(out count))
        {
            return true;
        }

        if (!cancellationToken.CanBeCanceled)
        {
            return TryWait(timeout, null, out count, default);
        }

        var cancel = s_cancel ??= CreateCancel();
        try
        {
            using var registration = cancellationToken.UnsafeRegister(
                static state => ((EventFd)state!).Signal(), cancel);
            return TryWait(timeout, cancel, out count, cancellationToken);
        }
        finally
        {
            // Disposing the registration waited for a callback that was running, so nothing can come after this.
            cancel.TryConsume(out _);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsClosed && !IsInvalid)
        {
            _closing = true;
            Signal();
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;

    // The caller holds a reference. A count that is taken from a closing eventfd is put back for the other threads to
    // see.
    private bool Consume(out ulong count)
    {
        ObjectDisposedException.ThrowIf(_closing, this);
        var taken = LibC.ReadEventFd((int)handle, out count, sizeof(ulong)) == sizeof(ulong);
        if (taken && _closing)
        {
            LibC.WriteEventFd((int)handle, 1, sizeof(ulong));
            throw new ObjectDisposedException(nameof(EventFd));
        }

        return taken;
    }

    private static EventFd CreateCancel()
    {
        var result = Create(out var cancel);
        return result.IsError
            ? throw new IOException($"cannot create an eventfd to wait with: {result.Errno}")
            : cancel;
    }

    private bool TryWait(TimeSpan timeout, EventFd? cancel, out ulong count, CancellationToken cancellationToken)
    {
        var deadline = timeout == Timeout.InfiniteTimeSpan
            ? long.MaxValue
            : Environment.TickCount64 + (long)Math.Ceiling(timeout.TotalMilliseconds);
        var added = false;
        DangerousAddRef(ref added);
        try
        {
            Span<PollFd> files =
            [
                new PollFd { Fd = (int)handle, Events = PollFd.POLLIN },
                new PollFd { Fd = cancel is null ? -1 : (int)cancel.handle, Events = PollFd.POLLIN },
            ];
            while (true)
            {
                var result = FileCalls.Poll(files, Remaining(deadline));
                if (Consume(out count))
                {
                    return true;
                }

                cancellationToken.ThrowIfCancellationRequested();
                if (!result.IsError && result.Raw == 0 && Remaining(deadline) == 0)
                {
                    return false;
                }

                if (result.IsError && result.Errno != Errno.EINTR)
                {
                    throw new IOException($"poll of an eventfd failed: {result.Errno}");
                }
            }
        }
        finally
        {
            DangerousRelease();
        }
    }

    // poll counts in int milliseconds; a longer wait is several.
    private static int Remaining(long deadline) =>
        deadline == long.MaxValue ? -1 : (int)Math.Clamp(deadline - Environment.TickCount64, 0, int.MaxValue);
}
