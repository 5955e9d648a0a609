using Viaduct.Abi;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.Driver;

/// <summary>What to say when a vfio-user server refuses, or is none.</summary>
internal static class VfioUserErrors
{
    internal static VfioException CannotConnect(Errno errno, string path)
    {
        var (why, help) = errno switch
        {
            Errno.ENOENT => ("there is no such file", "is the server running? viaduct serve --device NAME --socket-path PATH"),
            Errno.ECONNREFUSED => ("nobody listens there any more", "start the server again; it may need the old file removed"),
            Errno.EACCES or Errno.EPERM => (
                "the socket is another user's", "run as the server's user, or give your user read and write access to the socket"),
            Errno.ENAMETOOLONG => ("a socket's path has at most 107 bytes", "use a shorter one"),
            Errno.ENOTSOCK => ("it is no socket", "name the server's socket"),
            _ => ("", ""),
        };
        return new VfioException(errno, "connect", $"cannot connect to {path}", why, help);
    }

    internal static VfioException CannotAgree(Errno errno, string name, string why) => new(
        errno, "VFIO_USER_VERSION", $"cannot come to terms with {name}", why, "is it a vfio-user server, and of protocol 0.x?");

    internal static VfioException Ended(Errno errno, string name, VfioUserCommand command, string why) => new(
        errno,
        $"{command}",
        $"the connection to {name} has ended",
        why,
        "look at the server; open the device again");

    internal static VfioException CannotMap(Errno errno, string name, ulong iova, ulong size)
    {
        var (why, help) = errno switch
        {
            Errno.ENOSPC => ("the server keeps no more mappings (max_dma_maps)", "map fewer and larger buffers"),
            Errno.EEXIST => ("the server has a mapping there", ""),
            Errno.EINVAL => ("the server does not take such a mapping", "it may want larger pages, or shared memory"),
            _ => ("", ""),
        };
        return new VfioException(
            errno,
            "VFIO_USER_DMA_MAP",
            $"cannot map {Sizes.Format(size)} at I/O address 0x{iova:x} of {name}",
            why,
            help);
    }

    internal static VfioException CannotMapRegion(Errno errno, string name, int index, MappableArea area, string why) => new(
        errno,
        "mmap",
        $"cannot map {Sizes.Format(area.Size)} at 0x{area.Offset:x} of region {index} of {name}",
        why,
        "VfioUserOptions.MapRegions false goes without");
}
