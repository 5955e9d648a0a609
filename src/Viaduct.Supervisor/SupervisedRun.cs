using Viaduct.Linux.Processes;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Filter;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.Syscalls;
using Viaduct.Supervisor.Tracing;
using Viaduct.Supervisor.Vfs;
using Viaduct.Vfio;

namespace Viaduct.Supervisor;

/// <summary>
/// Runs a program, and all that it starts, with a machine's VFIO in place of the kernel's. Three threads serve it: one its
/// system calls, one (the caller of <see cref="Start"/>) its traps, one the releases of what it closed.
/// </summary>
/// <param name="system">The machine.</param>
/// <param name="options">How.</param>
public sealed class SupervisedRun(VfioSystem system, SupervisedRunOptions options)
{
    private const ulong PageSize = 4096;

    private volatile int _root;

    /// <summary>What happened, complete when <see cref="Start"/> has returned.</summary>
    public RunStatistics Statistics { get; } = options.Statistics;

    /// <summary>Passes a signal on to the program that was started; nothing where it has ended.</summary>
    public void Signal(int signal)
    {
        if (_root is var root and not 0)
        {
            _ = ProcessStatus.Kill(root, signal);
        }
    }

    /// <summary>Starts the program and returns when it and all its children have ended.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    /// <returns>How it ended, or why it was not started.</returns>
    public RunResult Start(IReadOnlyList<string> arguments)
    {
        using var files = new OpenFileTable(Statistics, options.Report);
        using var processes = new ProcessTable(files, options.EnforceMemlock);
        using var firstExec = new FirstExec();
        using var cpus = new CpuSharing();
        using var eventFds = new EventFdRegistry();
        using var spawn = new SpawnThread(arguments);
        var installed = spawn.InstallFilter(SupervisorFilter.Build(EventFdRegistry.IsNeeded, options.HostIoctls?.Requests ?? []), out var listener);
        if (installed.IsError)
        {
            return RunResult.NotSupervised(installed.Errno, "seccomp");
        }

        using (listener)
        {
            _ = listener!.SetSyncWakeUp(); // only faster; Linux before 6.6 lacks it
            var server = new SystemCallServer(
                listener, files, processes, new VirtualFileSystem(system), Statistics, firstExec, cpus, eventFds, options);
            StartThread("viaduct calls", server.Run);
            StartThread("viaduct releases", () => files.ReleaseForever());
            return Trace(spawn, files, processes, cpus, firstExec);
        }
    }

    private RunResult Trace(SpawnThread spawn, OpenFileTable files, ProcessTable processes, CpuSharing cpus, FirstExec firstExec)
    {
        var tracer = new TracerLoop(
            processes, new MmioTrap(files, Statistics, options.Report), new LowWrites(processes, files), cpus, firstExec);
        spawn.Start(firstExec);
        var seized = tracer.SeizeFirst();
        _root = firstExec.Process;
        if (seized.IsError)
        {
            _ = spawn.Join();
            tracer.Run(_root);
            return RunResult.NotSupervised(seized.Errno, "ptrace");
        }

        // posix_spawn returns when the program runs, or when its process has ended in vain, which it does traced.
        tracer.Run(_root);
        _root = 0;
        var started = spawn.Join();
        if (started.IsError)
        {
            return RunResult.NotStarted(started.Errno);
        }

        Statistics.Processes = processes.Seen;
        Statistics.MemlockNeeded = processes.PeakBeyondLimit * PageSize;
        files.ReleaseClosed();
        files.ReleaseAll();
        return RunResult.Ended(tracer.RootStatus);
    }

    private static void StartThread(string name, ThreadStart body)
        => new Thread(body) { Name = name, IsBackground = true }.Start();
}
