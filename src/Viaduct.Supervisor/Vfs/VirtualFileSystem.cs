using Viaduct.Abi;
using Viaduct.Vfio;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Vfs;

/// <summary>Our part of the file system, over the host's: /dev/vfio, and what the machine describes under /sys.</summary>
internal sealed class VirtualFileSystem
{
    private static readonly int s_containerMode = Convert.ToInt32("666", 8);
    private static readonly int s_groupMode = Convert.ToInt32("600", 8);
    private static readonly int s_deviceMode = Convert.ToInt32("600", 8);
    private static readonly int s_iommufdMode = Convert.ToInt32("660", 8);

    private readonly SysfsTree _tree;

    public VirtualFileSystem(VfioSystem system)
    {
        _tree = system.DescribeSysfs();
        _tree.AddDirectory("/dev/vfio", opaque: true);
        _tree.Add("/dev/vfio/vfio", new DeviceNode(s_containerMode, DeviceNumber.Container, (out VfioFile? file) =>
        {
            file = system.OpenContainer();
            return SysResult.Success;
        }));
        _tree.Add("/dev/iommu", new DeviceNode(s_iommufdMode, DeviceNumber.Iommufd, (out VfioFile? file) =>
        {
            file = VfioSystem.OpenIommufd();
            return SysResult.Success;
        }));
        foreach (var group in system.Groups)
        {
            foreach (var device in group.Devices)
            {
                AddDevice(system, group, device);
            }

            _tree.Add(
                $"/dev/vfio/{group.Name}",
                new DeviceNode(s_groupMode, group.DeviceNumber, (out VfioFile? file) => Open(group, out file))
                {
                    Needs = group.NodeCapability,
                });
        }
    }

    /// <summary>True where a path can be told to be the host's without a walk: the first component is none of ours and
    /// no later one leads back.</summary>
    public static bool IsSurelyHost(ReadOnlySpan<byte> path)
        => path.Length > 1 && path[0] == '/' && path[1] is not ((byte)'s' or (byte)'d' or (byte)'p' or (byte)'/' or (byte)'.')
            && path.IndexOf("/.."u8) < 0;

    /// <summary>Walks an absolute path.</summary>
    /// <param name="path">Absolute; may have dots, doubled and trailing slashes.</param>
    /// <param name="rules">How.</param>
    public Lookup Find(string path, in WalkRules rules) => new PathWalk(_tree.Root, rules).Run(path);

    private void AddDevice(VfioSystem system, VfioGroup group, VfioDevice device)
    {
        if (device.CharacterDevice is not (_, var number))
        {
            return;
        }

        _tree.Add($"/dev/vfio/devices/{device.NodeName}", new DeviceNode(s_deviceMode, number, (out VfioFile? file) =>
        {
            file = system.OpenDevice(device);
            return SysResult.Success;
        })
        {
            Needs = group.NodeCapability,
        });
    }

    private static SysResult Open(VfioGroup group, out VfioFile? file)
    {
        var opened = group.Open(out var groupFile);
        file = groupFile;
        return opened;
    }
}
