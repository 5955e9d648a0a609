using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Linux.Descriptors;

/// <summary>statfs(2).</summary>
public static partial class FileSystemStatus
{
    /// <summary>sizeof(struct statfs) on 64-bit architectures.</summary>
    public const int Size = 120;

    /// <summary>What statfs says of a path, as the structure's bytes.</summary>
    public static unsafe SysResult Get(string path, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, Size);
        fixed (byte* pointer = buffer)
        {
            return Libc.Result(StatFs(path, pointer));
        }
    }

    /// <summary>Whether what a path names lies in memory: on tmpfs, as a memfd does, or on hugetlbfs.</summary>
    public static bool IsMemory(string path)
    {
        const long TMPFS_MAGIC = 0x01021994, HUGETLBFS_MAGIC = 0x958458f6;
        Span<byte> bytes = stackalloc byte[Size];
        return !Get(path, bytes).IsError
            && BinaryPrimitives.ReadInt64LittleEndian(bytes) is TMPFS_MAGIC or HUGETLBFS_MAGIC;
    }

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatFs(string path, void* buffer);
}
