using Viaduct.Abi;

namespace Viaduct.Linux.Descriptors;

/// <summary>Which file it is, whatever its name or descriptor: device and inode.</summary>
/// <param name="Device">Major in the upper, minor in the lower 32 bits.</param>
/// <param name="Inode">The inode's number.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    /// <summary>The file behind a path.</summary>
    public static SysResult Get(string path, out FileIdentity identity)
    {
        var result = FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out var status);
        identity = Of(status);
        return result;
    }

    /// <summary>The file that a status describes.</summary>
    public static FileIdentity Of(in FileStatus status)
        => new(((ulong)status.DevMajor << 32) | status.DevMinor, status.Inode);
}
