using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Supervisor;

/// <summary>How a run ended.</summary>
/// <param name="Kind">Which of the ends.</param>
/// <param name="Status">How the program ended, where it ran.</param>
/// <param name="Error">Why it did not run.</param>
/// <param name="Mechanism">What the kernel forbids: <c>seccomp</c> or <c>ptrace</c>.</param>
public readonly record struct RunResult(RunResultKind Kind, WaitStatus Status, Errno Error, string Mechanism)
{
    /// <summary>The program ran and ended.</summary>
    public static RunResult Ended(WaitStatus status) => new(RunResultKind.Ended, status, Errno.None, "");

    /// <summary>The program could not be executed.</summary>
    public static RunResult NotStarted(Errno error) => new(RunResultKind.NotStarted, default, error, "");

    /// <summary>The kernel forbids what supervising takes.</summary>
    public static RunResult NotSupervised(Errno error, string mechanism)
        => new(RunResultKind.NotSupervised, default, error, mechanism);
}
