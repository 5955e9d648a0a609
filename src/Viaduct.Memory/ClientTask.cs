namespace Viaduct.Memory;

/// <summary>
/// The task on whose behalf a call runs: the kernel's <c>current</c>. It is good for the length of that call only,
/// but for <see cref="Memory"/>, which may be kept.
/// </summary>
public abstract class ClientTask
{
    /// <summary>The task's address space.</summary>
    public abstract ClientMemory Memory { get; }

    /// <summary>RLIMIT_MEMLOCK in pages of 4 KiB, rounded down; <see cref="ulong.MaxValue"/> where unlimited.</summary>
    public abstract ulong MemlockLimitPages { get; }

    /// <summary>What the task's user has locked, in all its processes: current_user()->locked_vm. A user who
    /// has no other task, unless a door knows better.</summary>
    public virtual LockedMemory UserLocked { get; } = new();

    /// <summary>capable(): the effective set holds the capability.</summary>
    public abstract bool IsCapable(Capability capability);
}
