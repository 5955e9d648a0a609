using Viaduct.Linux.Descriptors;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Vfs;

/// <summary>What stat says of our nodes and files. They belong to whoever asks: a driver's user has been given them.</summary>
internal static class NodeStatus
{
    private const ushort S_IFCHR = 0x2000;
    private const ushort S_IFDIR = 0x4000;
    private const ushort S_IFREG = 0x8000;
    private const ushort S_IFLNK = 0xA000;
    private const uint PageSize = 4096;

    private static readonly ushort s_directoryMode = Convert.ToUInt16("755", 8);
    private static readonly ushort s_linkMode = Convert.ToUInt16("777", 8);
    private static readonly ushort s_anonymousMode = Convert.ToUInt16("600", 8);

    /// <summary>stat of a path.</summary>
    /// <param name="node">What is there.</param>
    /// <param name="path">Where; it makes the inode number.</param>
    /// <param name="caller">Whose it is to be.</param>
    public static FileStatus Of(SysfsNode node, string path, in Owner caller)
    {
        var status = Common(caller, Number(path));
        switch (node)
        {
            case SysfsDirectory directory:
                status.Mode = (ushort)(S_IFDIR | s_directoryMode);
                status.LinkCount = 2 + (uint)directory.Children.Values.Count(c => c is SysfsDirectory);
                break;
            case SysfsLink:
                status.Mode = (ushort)(S_IFLNK | s_linkMode);
                break;
            case SysfsAttribute attribute:
                status.Mode = (ushort)(S_IFREG | attribute.Mode);
                status.Size = (ulong)attribute.Size;
                break;
            case DeviceNode device:
                status.Mode = (ushort)(S_IFCHR | device.Mode);
                (status.RdevMajor, status.RdevMinor) = (device.Number.Major, device.Number.Minor);
                break;
        }

        return status;
    }

    /// <summary>fstat of an open container, group or device. An anonymous inode has no type.</summary>
    public static FileStatus Of(VfioFile file, ushort deviceMode, in Owner caller)
    {
        var status = Common(caller, Number(file.LinkName));
        status.Mode = s_anonymousMode;
        if (file.DeviceNumber is { } number)
        {
            status.Mode = (ushort)(S_IFCHR | deviceMode);
            (status.RdevMajor, status.RdevMinor) = (number.Major, number.Minor);
        }

        return status;
    }

    private static FileStatus Common(in Owner owner, ulong inode) => new()
    {
        Mask = FileStatus.BasicStats,
        BlockSize = PageSize,
        LinkCount = 1,
        UserId = owner.UserId,
        GroupId = owner.GroupId,
        Inode = inode,
    };

    // FNV-1a: the same path has the same number in every run.
    private static ulong Number(string path)
    {
        const ulong Offset = 0xcbf29ce484222325, Prime = 0x100000001b3;
        var hash = Offset;
        foreach (var c in path)
        {
            hash = (hash ^ c) * Prime;
        }

        return (hash >> 16) | 1;
    }
}
