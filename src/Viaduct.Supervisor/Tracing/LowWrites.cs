using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.Syscalls;

namespace Viaduct.Supervisor.Tracing;

/// <summary>
/// Writes to attributes by descriptors that the filter does not know, as a shell's <c>echo vfio-pci &gt; driver_override</c> makes them: it moves what it opened to
/// number 1. The file is a pipe that nobody reads, so that the write ends with EPIPE and SIGPIPE. The
/// tracer sees the signal, takes it away, and lets the thread make the call again with a mark on its descriptor that the filter does
/// know; the register gets its value back as the call ends. A thread that blocks SIGPIPE gets EPIPE.
/// </summary>
/// <remarks>x86-64's registers. Another architecture replaces this file. On the tracer's thread only.</remarks>
internal sealed class LowWrites(ProcessTable processes, OpenFileTable files)
{
    /// <summary>What is added to a descriptor's number. No descriptor is that high (fs.nr_open).</summary>
    public const int Mark = 0x4000_0000;

    private const ulong SystemCallLength = 2; // the instruction syscall

    // By task, until its call has been made again.
    private readonly Dictionary<int, Redirected> _redirected = [];

    /// <summary>The task has to stop at its calls.</summary>
    public bool IsRedirected(int task) => _redirected.Count > 0 && _redirected.ContainsKey(task);

    /// <summary>A thread got SIGPIPE.</summary>
    /// <returns>True where the signal is for us.</returns>
    public bool OnSignal(int task)
    {
        if (Tracer.GetRegisters(task, out var registers).IsError || (long)registers.Rax != -(long)Errno.EPIPE)
        {
            return false;
        }

        var call = (int)registers.OrigRax;
        var descriptor = call == SystemCall.Splice ? registers.Rdx : registers.Rdi;
        if (call is not (SystemCall.Write or SystemCall.WriteV or SystemCall.SendFile or SystemCall.Splice)
            || processes.Get(task).Lookup(task, (int)descriptor, files, out _) is not OpenAttribute)
        {
            return false;
        }

        if (call is SystemCall.SendFile or SystemCall.Splice)
        {
            registers.Rax = unchecked((ulong)-(long)Errno.EINVAL); // programs then copy by hand
            return !Tracer.SetRegisters(task, registers).IsError;
        }

        _redirected[task] = new Redirected(call, registers.Rdi);
        registers.Rax = (ulong)call;
        registers.Rdi = (uint)descriptor | (ulong)Mark;
        registers.Rip -= SystemCallLength;
        return !Tracer.SetRegisters(task, registers).IsError;
    }

    /// <summary>A redirected thread begins or ends a call; it may be one of a signal's handler first.</summary>
    public void OnCall(int task)
    {
        if (!_redirected.TryGetValue(task, out var redirected) || Tracer.GetRegisters(task, out var registers).IsError
            || (int)registers.OrigRax != redirected.Call || registers.Rdi != ((uint)redirected.Descriptor | (ulong)Mark))
        {
            return;
        }

        if (!redirected.HasBegun)
        {
            _redirected[task] = redirected with { HasBegun = true };
            return;
        }

        _redirected.Remove(task);
        registers.Rdi = redirected.Descriptor;
        _ = Tracer.SetRegisters(task, registers);
    }

    /// <summary>The task has gone, or runs another program.</summary>
    public void Forget(int task) => _redirected.Remove(task);

    private readonly record struct Redirected(int Call, ulong Descriptor, bool HasBegun = false);
}
