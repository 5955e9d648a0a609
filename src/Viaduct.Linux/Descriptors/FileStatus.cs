using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Linux.Descriptors;

/// <summary>struct statx, linux/stat.h: the same on every architecture.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public partial struct FileStatus
{
    /// <summary>S_ISREG.</summary>
    public readonly bool IsRegular => (Mode & 0xf000) == 0x8000;

    /// <summary>S_ISCHR.</summary>
    public readonly bool IsCharacterDevice => (Mode & 0xf000) == 0x2000;

    /// <summary>S_ISSOCK.</summary>
    public readonly bool IsSocket => (Mode & 0xf000) == 0xc000;

    /// <summary>STATX_BASIC_STATS.</summary>
    public const uint BasicStats = 0x7ff;

    /// <summary>The directory descriptor that stands for the working directory.</summary>
    public const int AT_FDCWD = -100;

    /// <summary>Do not follow a link at the path's end.</summary>
    public const int AT_SYMLINK_NOFOLLOW = 0x100;

    /// <summary>An empty path means the descriptor itself.</summary>
    public const int AT_EMPTY_PATH = 0x1000;

    /// <summary>What of the rest is filled, STATX_*.</summary>
    public uint Mask;

    /// <summary>Preferred block size.</summary>
    public uint BlockSize;

    /// <summary>Attributes, STATX_ATTR_*.</summary>
    public ulong Attributes;

    /// <summary>Links.</summary>
    public uint LinkCount;

    /// <summary>Owner.</summary>
    public uint UserId;

    /// <summary>Group.</summary>
    public uint GroupId;

    /// <summary>Type and permissions.</summary>
    public ushort Mode;

    private readonly ushort _spare0;

    /// <summary>The inode's number.</summary>
    public ulong Inode;

    /// <summary>Size in bytes.</summary>
    public ulong Size;

    /// <summary>Blocks of 512 bytes.</summary>
    public ulong Blocks;

    /// <summary>The attributes that this file system knows.</summary>
    public ulong AttributesMask;

    /// <summary>Access, birth, change and modification time: seconds and nanoseconds.</summary>
    public StatusTime AccessTime, BirthTime, ChangeTime, ModificationTime;

    /// <summary>The device that a device node names.</summary>
    public uint RdevMajor, RdevMinor;

    /// <summary>The device that the file is on.</summary>
    public uint DevMajor, DevMinor;

    /// <summary>statx(2).</summary>
    public static unsafe SysResult Get(int directory, string path, int flags, out FileStatus status)
    {
        fixed (FileStatus* pointer = &status)
        {
            *pointer = default;
            return Libc.Result(StatX(directory, path, flags, BasicStats, pointer));
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX(int directory, string path, int flags, uint mask, FileStatus* status);
}
