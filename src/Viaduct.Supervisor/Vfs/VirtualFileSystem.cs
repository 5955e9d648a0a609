using System.Globalization;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Vfio;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Vfs;

/// <summary>Our part of the file system, over the host's: /dev/vfio, and what the machine describes under /sys.</summary>
internal sealed class VirtualFileSystem
{
    private const int MaximumLinks = 40;

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
        foreach (var device in system.Groups.SelectMany(group => group.Devices))
        {
            AddDevice(system, device);
        }

        foreach (var group in system.Groups)
        {
            var name = group.Iommu.Id.ToString(CultureInfo.InvariantCulture);
            _tree.Add($"/dev/vfio/{name}", new DeviceNode(s_groupMode, group.DeviceNumber, (out VfioFile? file) => Open(group, out file)));
        }
    }

    /// <summary>True where a path can be told to be the host's without a walk: the first component is none of ours and
    /// no later one leads back.</summary>
    public static bool IsSurelyHost(ReadOnlySpan<byte> path)
        => path.Length > 1 && path[0] == '/' && path[1] is not ((byte)'s' or (byte)'d' or (byte)'p' or (byte)'/' or (byte)'.')
            && path.IndexOf("/.."u8) < 0;

    /// <summary>Walks an absolute path.</summary>
    /// <param name="path">Absolute; may have dots, doubled and trailing slashes.</param>
    /// <param name="follow">Follow a link at the end.</param>
    /// <param name="throughOurs">The client got here by a directory of ours, so that the kernel cannot walk it.</param>
    public Lookup Find(string path, bool follow, bool throughOurs)
    {
        var rest = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var walked = new List<(string Name, SysfsNode Node)>();
        var mustBeDirectory = path.EndsWith('/') || path.EndsWith("/.", StringComparison.Ordinal);
        SysfsNode node = _tree.Root;
        var links = 0;
        while (rest.TryPop(out var name))
        {
            if (node is not SysfsDirectory directory)
            {
                return Lookup.Failed(Errno.ENOTDIR);
            }

            if (name is "." or "..")
            {
                if (name == ".." && walked.Count > 0)
                {
                    walked.RemoveAt(walked.Count - 1);
                    throughOurs = true; // what the kernel would have to pass may not be on this host
                }

                node = walked.Count > 0 ? walked[^1].Node : _tree.Root;
                continue;
            }

            if (!directory.Children.TryGetValue(name, out var child))
            {
                return directory.IsOpaque ? Lookup.Failed(Errno.ENOENT) : HostBelow(walked, name, rest, throughOurs);
            }

            if (child is SysfsLink link && (rest.Count > 0 || follow || mustBeDirectory))
            {
                if (++links > MaximumLinks)
                {
                    return Lookup.Failed(Errno.ELOOP);
                }

                throughOurs = true;
                if (link.Target.StartsWith('/'))
                {
                    walked.Clear();
                    node = _tree.Root;
                }

                foreach (var part in link.Target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                {
                    rest.Push(part);
                }

                continue;
            }

            walked.Add((name, child));
            node = child;
        }

        return mustBeDirectory && node is not SysfsDirectory
            ? Lookup.Failed(Errno.ENOTDIR)
            : Ours(node, PathOf(walked), throughOurs);
    }

    private void AddDevice(VfioSystem system, VfioDevice device)
    {
        if (device.CharacterDevice is not (var index, var number))
        {
            return;
        }

        var name = index.ToString(CultureInfo.InvariantCulture);
        _tree.Add($"/dev/vfio/devices/vfio{name}", new DeviceNode(s_deviceMode, number, (out VfioFile? file) =>
        {
            file = system.OpenDevice(device);
            return SysResult.Success;
        }));
    }

    private static SysResult Open(VfioGroup group, out VfioFile? file)
    {
        var opened = group.Open(out var groupFile);
        file = groupFile;
        return opened;
    }

    // A directory that both have is the host's to stat and open, unless this host lacks it.
    private static Lookup Ours(SysfsNode node, string path, bool throughOurs)
    {
        if (node is SysfsDirectory { IsOpaque: false }
            && !FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out _).IsError)
        {
            return throughOurs ? new Lookup(LookupKind.HostPath, path, null, Errno.None) : Lookup.Host;
        }

        return new Lookup(LookupKind.Node, path, node, Errno.None);
    }

    private static Lookup HostBelow(
        List<(string Name, SysfsNode Node)> walked, string name, Stack<string> rest, bool throughOurs)
    {
        if (!throughOurs)
        {
            return Lookup.Host;
        }

        var parts = walked.Select(w => w.Name).Append(name).Concat(rest);
        return new Lookup(LookupKind.HostPath, "/" + string.Join('/', parts), null, Errno.None);
    }

    private static string PathOf(List<(string Name, SysfsNode Node)> walked)
        => "/" + string.Join('/', walked.Select(w => w.Name));
}
