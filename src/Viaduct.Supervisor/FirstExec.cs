namespace Viaduct.Supervisor;

/// <summary>
/// Holds the first program in its execve until the tracer has it: the server waits in <see cref="Arrived"/>, the tracer says
/// <see cref="Release"/>.
/// </summary>
internal sealed class FirstExec : IDisposable
{
    private readonly ManualResetEventSlim _arrived = new();
    private readonly ManualResetEventSlim _released = new();

    /// <summary>The process that executes first; good after <see cref="Wait"/>.</summary>
    public int Process { get; private set; }

    /// <summary>A process calls execve.</summary>
    public void Arrived(int task)
    {
        if (_released.IsSet)
        {
            return;
        }

        Process = task;
        _arrived.Set();
        _released.Wait();
    }

    /// <summary>Waits for the first execve, or for <see cref="Cancel"/>.</summary>
    public void Wait() => _arrived.Wait();

    /// <summary>The process is traced; let it go on.</summary>
    public void Release() => _released.Set();

    /// <summary>Nothing will execute.</summary>
    public void Cancel()
    {
        _released.Set();
        _arrived.Set();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _arrived.Dispose();
        _released.Dispose();
    }
}
