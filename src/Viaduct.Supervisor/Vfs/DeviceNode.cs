using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Vfs;

/// <summary>A character device under /dev.</summary>
/// <param name="mode">Permission bits.</param>
/// <param name="number">st_rdev.</param>
/// <param name="open">The driver's open operation.</param>
internal sealed class DeviceNode(int mode, DeviceNumber number, DeviceNode.OpenOperation open) : SysfsNode
{
    public delegate SysResult OpenOperation(out VfioFile? file);

    public int Mode { get; } = mode;

    public DeviceNumber Number { get; } = number;

    /// <summary>The capability without which opening it is EPERM, or null.</summary>
    public Capability? Needs { get; init; }

    public SysResult Open(out VfioFile? file) => open(out file);
}
