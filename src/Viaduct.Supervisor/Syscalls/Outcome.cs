using Viaduct.Abi;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>What a handler makes of a call.</summary>
/// <param name="IsHost">The kernel executes it as it stands.</param>
/// <param name="Result">Otherwise its answer.</param>
/// <param name="IsPending">It is answered later, by whoever took it.</param>
internal readonly record struct Outcome(bool IsHost, SysResult Result, bool IsPending = false)
{
    /// <summary>Whoever took the call answers it later.</summary>
    public static Outcome Pending => new(false, default, IsPending: true);

    /// <summary>The kernel executes the call as it stands.</summary>
    public static Outcome Host => new(true, default);

    public static implicit operator Outcome(SysResult result) => new(false, result);

    public static implicit operator Outcome(Errno error) => new(false, error);
}
