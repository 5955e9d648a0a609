namespace Viaduct.Supervisor.Syscalls;

/// <summary>What openat2(2)'s resolve says of leaving the directory that a path starts from.</summary>
internal enum Confinement
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>RESOLVE_BENEATH.</summary>
    Beneath,

    /// <summary>RESOLVE_IN_ROOT.</summary>
    InRoot,
}
