namespace Viaduct.Supervisor.Vfs;

/// <summary>How to walk a path.</summary>
internal readonly record struct WalkRules()
{
    /// <summary>Follow a link at the end.</summary>
    public bool Follow { get; init; }

    /// <summary>The client got here by a directory of ours, so that the kernel cannot walk it.</summary>
    public bool ThroughOurs { get; init; }

    /// <summary>RESOLVE_NO_SYMLINKS: a link is ELOOP.</summary>
    public bool NoLinks { get; init; }

    /// <summary>Components of the directory that the walk must not leave; negative where it may go anywhere.</summary>
    public int Floor { get; init; } = -1;

    /// <summary>RESOLVE_IN_ROOT: that directory is the walk's root. Otherwise, as RESOLVE_BENEATH has it, leaving it is
    /// EXDEV.</summary>
    public bool FloorIsRoot { get; init; }
}
