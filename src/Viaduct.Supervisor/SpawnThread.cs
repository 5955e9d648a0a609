using Viaduct.Abi;
using Viaduct.Linux.Processes;
using Viaduct.Linux.Seccomp;

namespace Viaduct.Supervisor;

/// <summary>
/// The thread that wears the filter. All it does with it is to start the program, which inherits the filter. Its own calls go
/// to the server too, and before the server runs to nobody: with the filter on it must not compile or load anything, since the
/// runtime maps memory under locks that the server wants. So it does everything once in vain before.
/// </summary>
/// <param name="arguments">The program and its arguments.</param>
internal sealed class SpawnThread(IReadOnlyList<string> arguments) : IDisposable
{
    private readonly ManualResetEventSlim _installed = new();
    private readonly ManualResetEventSlim _go = new();
    private Thread? _thread;
    private SockFilter[] _filter = [];
    private FirstExec? _firstExec;
    private SysResult _installResult;
    private SysResult _spawnResult;

    /// <summary>Starts the thread and installs the filter on it.</summary>
    public SysResult InstallFilter(ReadOnlySpan<SockFilter> filter, out SeccompListener? listener)
    {
        _filter = filter.ToArray();
        _thread = new Thread(Body) { Name = "viaduct spawn", IsBackground = true };
        _thread.Start();
        _installed.Wait();
        listener = _installResult.IsError ? null : new SeccompListener((int)_installResult.Raw);
        return _installResult;
    }

    /// <summary>Starts the program; the server must be running.</summary>
    public void Start(FirstExec firstExec)
    {
        _firstExec = firstExec;
        _go.Set();
    }

    /// <summary>The process id, or why there is none.</summary>
    public SysResult Join()
    {
        _thread!.Join();
        return _spawnResult;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _installed.Dispose();
        _go.Dispose();
    }

    private void Body()
    {
        WarmUp();
        _installResult = SeccompListener.Install(_filter);
        _installed.Set();
        if (_installResult.IsError)
        {
            return;
        }

        _go.Wait();
        _spawnResult = ProcessSpawn.Start(arguments);
        if (_spawnResult.IsError)
        {
            _firstExec!.Cancel();
        }
    }

    // An empty program is refused, a directory cannot be executed.
    private static void WarmUp()
    {
        using var signal = new ManualResetEventSlim();
        _ = SeccompListener.Install([]);
        _ = ProcessSpawn.Start(["/"]);
        signal.Set();
        signal.Wait();
    }
}
