using System.Runtime.InteropServices;

namespace Viaduct.Linux.Descriptors;

/// <summary>struct statx_timestamp, linux/stat.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct StatusTime
{
    /// <summary>Seconds since 1970.</summary>
    public long Seconds;

    /// <summary>Nanoseconds, 0-999,999,999.</summary>
    public uint Nanoseconds;
}
