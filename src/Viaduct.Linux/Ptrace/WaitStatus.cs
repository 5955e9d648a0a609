namespace Viaduct.Linux;

/// <summary>What waitpid(2) tells of a child.</summary>
/// <param name="Raw">The status word.</param>
public readonly record struct WaitStatus(int Raw)
{
    /// <summary>WIFEXITED.</summary>
    public bool IsExited => (Raw & 0x7f) == 0;

    /// <summary>WEXITSTATUS.</summary>
    public int ExitCode => (Raw >> 8) & 0xff;

    /// <summary>WIFSIGNALED.</summary>
    public bool IsSignaled => (Raw & 0x7f) is not 0 and not 0x7f;

    /// <summary>WTERMSIG.</summary>
    public int TerminatingSignal => Raw & 0x7f;

    /// <summary>WIFSTOPPED.</summary>
    public bool IsStopped => (Raw & 0xff) == 0x7f;

    /// <summary>WSTOPSIG.</summary>
    public int StopSignal => (Raw >> 8) & 0xff;

    /// <summary>PTRACE_EVENT_* of a ptrace stop; 0 for a signal's.</summary>
    public int PtraceEvent => Raw >> 16;
}
