using Viaduct.Linux.Descriptors;

namespace Viaduct.Linux.Processes;

/// <summary>A line of /proc/PID/maps.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The address behind the last.</param>
/// <param name="Permissions">What the program may do.</param>
/// <param name="Offset">The file position of <paramref name="Start"/>.</param>
/// <param name="File">The file; inode 0 for anonymous memory.</param>
public readonly record struct VmArea(
    ulong Start, ulong End, VmAreaPermissions Permissions, ulong Offset, FileIdentity File);
