using Viaduct.Abi;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>What a handler makes of a call.</summary>
/// <param name="IsHost">The kernel executes it as it stands.</param>
/// <param name="Result">Otherwise its answer.</param>
internal readonly record struct Outcome(bool IsHost, SysResult Result)
{
    /// <summary>The kernel executes the call as it stands.</summary>
    public static Outcome Host => new(true, default);

    public static implicit operator Outcome(SysResult result) => new(false, result);

    public static implicit operator Outcome(Errno error) => new(false, error);
}
