using Viaduct.Abi;
using Viaduct.Vfio;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Vfs;

/// <summary>
/// Our part of the file system, over the host's: /dev/vfio, and what the machine describes under /sys. It is described anew when the
/// machine has changed and somebody looks. For one thread at a time.
/// </summary>
internal sealed class VirtualFileSystem
{
    private static readonly int s_containerMode = Convert.ToInt32("666", 8);
    private static readonly int s_groupMode = Convert.ToInt32("600", 8);
    private static readonly int s_deviceMode = Convert.ToInt32("600", 8);
    private static readonly int s_iommufdMode = Convert.ToInt32("660", 8);

    private readonly VfioSystem _system;
    private SysfsTree _tree;
    private int _version;

    public VirtualFileSystem(VfioSystem system)
    {
        _system = system;
        _version = system.SysfsVersion;
        _tree = Describe(system);
    }

    private SysfsTree Tree
    {
        get
        {
            // Read before, so that what changes meanwhile is looked at again.
            var version = _system.SysfsVersion;
            if (version != _version)
            {
                _tree = Describe(_system);
                _version = version;
            }

            return _tree;
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
    public Lookup Find(string path, in WalkRules rules) => new PathWalk(Tree.Root, rules).Run(path);

    private static SysfsTree Describe(VfioSystem system)
    {
        var tree = system.DescribeSysfs();
        tree.AddDirectory("/dev/vfio", opaque: true);
        tree.Add("/dev/vfio/vfio", new DeviceNode(s_containerMode, DeviceNumber.Container, (out VfioFile? file) =>
        {
            file = system.OpenContainer();
            return SysResult.Success;
        }));
        if (system.HasIommufd)
        {
            tree.Add("/dev/iommu", new DeviceNode(s_iommufdMode, DeviceNumber.Iommufd, (out VfioFile? file) =>
            {
                file = VfioSystem.OpenIommufd();
                return SysResult.Success;
            }));
        }

        foreach (var node in system.OtherNodes)
        {
            tree.Add(node.Path, new DeviceNode(node.Mode, node.Number, (out VfioFile? file) =>
            {
                file = node.Open();
                return SysResult.Success;
            }));
        }

        lock (system.Gate)
        {
            foreach (var group in system.Groups)
            {
                Add(tree, system, group);
            }
        }

        return tree;
    }

    private static void Add(SysfsTree tree, VfioSystem system, VfioGroup group)
    {
        tree.Add(
            $"/dev/vfio/{group.Name}",
            new DeviceNode(s_groupMode, group.DeviceNumber, (out VfioFile? file) => Open(group, out file))
            {
                Needs = group.NodeCapability,
            });
        foreach (var device in group.Devices)
        {
            AddDevice(tree, system, group, device);
        }
    }

    private static void AddDevice(SysfsTree tree, VfioSystem system, VfioGroup group, VfioDevice device)
    {
        if (device.CharacterDevice is not (_, var number) || !device.HasNode)
        {
            return;
        }

        tree.Add($"/dev/vfio/devices/{device.NodeName}", new DeviceNode(s_deviceMode, number, (out VfioFile? file) =>
        {
            var opened = system.OpenDevice(device, out var cdev);
            file = cdev;
            return opened;
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
