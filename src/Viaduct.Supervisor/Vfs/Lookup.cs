using Viaduct.Abi;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Vfs;

/// <summary>What a path turned out to be.</summary>
/// <param name="Kind">Whose it is.</param>
/// <param name="Path">Absolute, without links and dots.</param>
/// <param name="Node">The node, where it is ours, or a directory that is the host's too; of ENOENT, our directory in which the
/// path's last component is missing.</param>
/// <param name="Error">Why it is nobody's.</param>
internal readonly record struct Lookup(LookupKind Kind, string Path, SysfsNode? Node, Errno Error)
{
    public static Lookup Host => new(LookupKind.Host, "", null, Errno.None);

    public static Lookup Failed(Errno error) => new(LookupKind.Error, "", null, error);
}
