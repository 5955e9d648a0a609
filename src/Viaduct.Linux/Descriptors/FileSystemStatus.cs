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

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatFs(string path, void* buffer);
}
