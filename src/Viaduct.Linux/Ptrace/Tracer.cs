using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Linux;

/// <summary>ptrace(2). Every call must come from the thread that seized the tracee.</summary>
public static partial class Tracer
{
    /// <summary>Trace children of fork, vfork and clone, tell of exec, of exits as they begin and of SECCOMP_RET_TRACE, tell stops at calls
    /// from signals, and kill the tracees if we die.</summary>
    public const uint FollowAll = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x80 | 0x100000;

    /// <summary>PTRACE_EVENT_FORK, _VFORK and _CLONE: the message is the new task's id.</summary>
    public const int EventFork = 1, EventVfork = 2, EventClone = 3;

    /// <summary>PTRACE_EVENT_EXEC.</summary>
    public const int EventExec = 4;

    /// <summary>PTRACE_EVENT_EXIT: the task has begun to exit.</summary>
    public const int EventExit = 6;

    /// <summary>PTRACE_EVENT_SECCOMP.</summary>
    public const int EventSeccomp = 7;

    /// <summary>PTRACE_EVENT_STOP: a group stop, or a new tracee's first stop.</summary>
    public const int EventStop = 128;

    /// <summary>The stop signal of a stop at a system call (PTRACE_O_TRACESYSGOOD): SIGTRAP and bit 7.</summary>
    public const int SystemCallStop = 0x85;

    private const int PTRACE_CONT = 7;
    private const int PTRACE_SYSCALL = 24;
    private const int PTRACE_GETREGS = 12;
    private const int PTRACE_SETREGS = 13;
    private const int PTRACE_DETACH = 17;
    private const int PTRACE_GETEVENTMSG = 0x4201;
    private const int PTRACE_GETSIGINFO = 0x4202;
    private const int PTRACE_GETREGSET = 0x4204;
    private const int PTRACE_SETREGSET = 0x4205;
    private const int PTRACE_SEIZE = 0x4206;
    private const int PTRACE_LISTEN = 0x4208;
    private const int NT_X86_XSTATE = 0x202;
    private const int __WALL = 0x40000000;

    /// <summary>Begins to trace a task without stopping it.</summary>
    public static unsafe SysResult Seize(int task, uint options)
        => Libc.Result(PtraceCall(PTRACE_SEIZE, task, null, (void*)(nuint)options));

    /// <summary>Lets a stopped task go on.</summary>
    /// <param name="task">A task in a ptrace stop.</param>
    /// <param name="signal">A signal to deliver, or 0.</param>
    public static unsafe SysResult Continue(int task, int signal)
        => Libc.Result(PtraceCall(PTRACE_CONT, task, null, (void*)(nint)signal));

    /// <summary>Lets a stopped task go on to the beginning or the end of its next system call.</summary>
    /// <param name="task">A task in a ptrace stop.</param>
    /// <param name="signal">A signal to deliver, or 0.</param>
    public static unsafe SysResult ContinueToCall(int task, int signal)
        => Libc.Result(PtraceCall(PTRACE_SYSCALL, task, null, (void*)(nint)signal));

    /// <summary>Leaves a task in its group stop, and hears when that ends.</summary>
    public static unsafe SysResult Listen(int task) => Libc.Result(PtraceCall(PTRACE_LISTEN, task, null, null));

    /// <summary>Lets a stopped task go on and be traced no more.</summary>
    public static unsafe SysResult Detach(int task) => Libc.Result(PtraceCall(PTRACE_DETACH, task, null, null));

    /// <summary>The message of a ptrace event.</summary>
    public static unsafe SysResult GetEventMessage(int task, out ulong message)
    {
        fixed (ulong* pointer = &message)
        {
            return Libc.Result(PtraceCall(PTRACE_GETEVENTMSG, task, null, pointer));
        }
    }

    /// <summary>The signal that a task is stopped for.</summary>
    public static unsafe SysResult GetSignalInfo(int task, out SignalInfo info)
    {
        fixed (SignalInfo* pointer = &info)
        {
            return Libc.Result(PtraceCall(PTRACE_GETSIGINFO, task, null, pointer));
        }
    }

    /// <summary>A stopped task's registers.</summary>
    public static unsafe SysResult GetRegisters(int task, out UserRegisters registers)
    {
        fixed (UserRegisters* pointer = &registers)
        {
            return Libc.Result(PtraceCall(PTRACE_GETREGS, task, null, pointer));
        }
    }

    /// <summary>Changes a stopped task's registers.</summary>
    public static unsafe SysResult SetRegisters(int task, in UserRegisters registers)
    {
        fixed (UserRegisters* pointer = &registers)
        {
            return Libc.Result(PtraceCall(PTRACE_SETREGS, task, null, pointer));
        }
    }

    /// <summary>A stopped task's vector registers, as an XSAVE image.</summary>
    /// <returns>The image's length in bytes.</returns>
    public static unsafe SysResult GetVectorState(int task, Span<byte> image)
    {
        fixed (byte* pointer = image)
        {
            var vector = new IoVector { Base = pointer, Length = (nuint)image.Length };
            var result = Libc.Result(PtraceCall(PTRACE_GETREGSET, task, (void*)NT_X86_XSTATE, &vector));
            return result.IsError ? result : SysResult.FromValue((long)vector.Length);
        }
    }

    /// <summary>Changes a stopped task's vector registers.</summary>
    public static unsafe SysResult SetVectorState(int task, ReadOnlySpan<byte> image)
    {
        fixed (byte* pointer = image)
        {
            var vector = new IoVector { Base = pointer, Length = (nuint)image.Length };
            return Libc.Result(PtraceCall(PTRACE_SETREGSET, task, (void*)NT_X86_XSTATE, &vector));
        }
    }

    /// <summary>Waits for a child or tracee to change.</summary>
    /// <returns>Its id; ECHILD where there is none any more.</returns>
    public static unsafe SysResult Wait(out WaitStatus status)
    {
        var raw = 0;
        SysResult result;
        do
        {
            result = Libc.Result(WaitPid(-1, &raw, __WALL));
        }
        while (result.Errno == Errno.EINTR);
        status = new WaitStatus(raw);
        return result;
    }

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static unsafe partial long PtraceCall(long request, long task, void* address, void* data);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static unsafe partial int WaitPid(int task, int* status, int options);
}
