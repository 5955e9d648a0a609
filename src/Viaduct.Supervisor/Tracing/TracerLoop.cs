using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Processes;
using Viaduct.Supervisor.Processes;

namespace Viaduct.Supervisor.Tracing;

/// <summary>
/// Traces everything that runs under us, on one thread: MMIO traps, new and ended tasks, closed descriptors. Signals and job
/// control pass through untouched. The kernel kills the tracees if this process dies (PTRACE_O_EXITKILL).
/// </summary>
internal sealed class TracerLoop(ProcessTable processes, MmioTrap mmio, LowWrites lowWrites, CpuSharing cpus, FirstExec firstExec)
{
    private const int SIGKILL = 9, SIGPIPE = 13, SIGSTOP = 19, SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22;

    /// <summary>How the first process ended.</summary>
    public WaitStatus RootStatus { get; private set; }

    /// <summary>Seizes the first process as it executes.</summary>
    /// <returns>Zero, or why tracing is not allowed.</returns>
    public SysResult SeizeFirst()
    {
        firstExec.Wait();
        if (firstExec.Process == 0)
        {
            return SysResult.Success; // it never came to an execve; the spawn tells why
        }

        var seized = Tracer.Seize(firstExec.Process, Tracer.FollowAll);
        if (seized.IsError)
        {
            _ = ProcessStatus.Kill(firstExec.Process, SIGKILL); // before it runs: nothing of it may happen unseen
        }

        firstExec.Release();
        return seized;
    }

    /// <summary>Runs until no process is left.</summary>
    /// <param name="root">The process that was started.</param>
    public void Run(int root)
    {
        while (true)
        {
            var waited = Tracer.Wait(out var status);
            if (waited.IsError)
            {
                return; // ECHILD
            }

            var task = (int)waited.Raw;
            if (status.IsStopped)
            {
                OnStop(task, status);
                continue;
            }

            lowWrites.Forget(task);
            processes.OnExit(task);
            if (task == root)
            {
                RootStatus = status;
            }
        }
    }

    private void OnStop(int task, WaitStatus status)
    {
        var signal = 0;
        switch (status.PtraceEvent)
        {
            case 0:
                signal = OnSignal(task, status.StopSignal);
                break;
            case Tracer.EventFork or Tracer.EventVfork or Tracer.EventClone:
                if (!Tracer.GetEventMessage(task, out var created).IsError)
                {
                    cpus.OnCreated(task, (int)created);
                }

                break;
            case Tracer.EventExec:
                lowWrites.Forget(task);
                processes.OnExec(task);
                break;
            case Tracer.EventExit:
                // A zombie that is traced is hidden from its parent until the tracer has reaped it, and a parent that polls would
                // see the difference: so nobody dies traced, but by SIGKILL, which makes no such stop.
                lowWrites.Forget(task);
                processes.OnExit(task);
                _ = Tracer.Detach(task);
                return;
            case Tracer.EventSeccomp:
                if (!Tracer.GetRegisters(task, out var registers).IsError)
                {
                    CloseRegisters.Apply(registers, processes.Get(task));
                }

                break;
            case Tracer.EventStop:
                processes.OnStop(task);
                if (status.StopSignal is SIGSTOP or SIGTSTP or SIGTTIN or SIGTTOU)
                {
                    _ = Tracer.Listen(task);
                    return;
                }

                break;
        }

        // ESRCH: the task was killed in its stop.
        _ = lowWrites.IsRedirected(task) ? Tracer.ContinueToCall(task, signal) : Tracer.Continue(task, signal);
    }

    // What is left of the signal.
    private int OnSignal(int task, int signal)
    {
        switch (signal)
        {
            case SignalInfo.SIGBUS:
                return OnBusError(task);
            case SIGPIPE when lowWrites.OnSignal(task):
                return 0;
            case Tracer.SystemCallStop:
                lowWrites.OnCall(task);
                return 0;
            default:
                return signal;
        }
    }

    private int OnBusError(int task)
    {
        var signal = mmio.Handle(task, processes.Get(task));
        if (signal == 0)
        {
            cpus.OnTrap(task);
        }

        return signal;
    }
}
