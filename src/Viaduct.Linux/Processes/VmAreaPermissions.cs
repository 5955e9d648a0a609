namespace Viaduct.Linux.Processes;

/// <summary>The second column of /proc/PID/maps; values of PROCMAP_QUERY_VMA_*, linux/fs.h.</summary>
[Flags]
public enum VmAreaPermissions : byte
{
    /// <summary>PROT_NONE, private.</summary>
    None = 0,

    /// <summary>r.</summary>
    Readable = 1,

    /// <summary>w.</summary>
    Writable = 2,

    /// <summary>x.</summary>
    Executable = 4,

    /// <summary>s: MAP_SHARED.</summary>
    Shared = 8,
}
