using System.Collections;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>The enabled interrupts of one kind. Disposing disables them and ends the waits for them with
/// <see cref="ObjectDisposedException"/>.</summary>
public sealed class InterruptSet : IReadOnlyList<InterruptVector>, IDisposable
{
    private readonly PciDevice _device;
    private readonly InterruptVector[] _vectors;
    private int _disposed;

    internal InterruptSet(PciDevice device, InterruptKind kind, int count, InterruptDispatcher dispatcher)
    {
        _device = device;
        Kind = kind;
        _vectors = new InterruptVector[count];
        var eventFds = CreateEventFds(count);
        for (var i = 0; i < count; i++)
        {
            _vectors[i] = new InterruptVector(device.Backend, kind, i, eventFds[i], dispatcher);
        }

        try
        {
            device.Backend.EnableInterrupts(kind, eventFds);
        }
        catch
        {
            CloseVectors();
            throw;
        }
    }

    /// <summary>Their kind.</summary>
    public InterruptKind Kind { get; }

    /// <inheritdoc/>
    public int Count => _vectors.Length;

    /// <inheritdoc/>
    public InterruptVector this[int index] => _vectors[index];

    /// <inheritdoc/>
    public IEnumerator<InterruptVector> GetEnumerator() => ((IEnumerable<InterruptVector>)_vectors).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _vectors.GetEnumerator();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            _device.Forget(this);
        }
        finally
        {
            CloseVectors();
        }
    }

    private static EventFd[] CreateEventFds(int count)
    {
        var eventFds = new EventFd[count];
        for (var i = 0; i < count; i++)
        {
            var result = EventFd.Create(out eventFds[i]);
            if (result.IsError)
            {
                Array.ForEach(eventFds[..i], static eventFd => eventFd.Dispose());
                throw new VfioException(
                    result.Errno,
                    "eventfd",
                    $"cannot create {count} eventfds for interrupts",
                    "each vector needs a file descriptor",
                    "raise the limit of open files: ulimit -n");
            }
        }

        return eventFds;
    }

    private void CloseVectors()
    {
        foreach (var vector in _vectors)
        {
            vector.Close();
        }
    }
}
