using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;

namespace Viaduct.Linux.Descriptors;

/// <summary>Anonymous files, memfd_create(2).</summary>
public static partial class MemoryFile
{
    private const uint MFD_CLOEXEC = 1;
    private const uint MFD_ALLOW_SEALING = 2;
    private const int F_ADD_SEALS = 1033;
    private const int F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8;
    private const int O_CLOEXEC = 0x80000;

    /// <summary>An empty file.</summary>
    /// <param name="name">What /proc/PID/maps and links of /proc/PID/fd show.</param>
    /// <param name="handle">Open for reading and writing, close-on-exec.</param>
    public static SysResult Create(string name, out SafeFileHandle? handle)
    {
        var result = Libc.Result(MemFdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
        handle = result.IsError ? null : new SafeFileHandle((nint)result.Raw, ownsHandle: true);
        return result.IsError ? result : SysResult.Success;
    }

    /// <summary>Opens a file of ours again: an open file description of its own, for somebody else to own.</summary>
    /// <param name="file">The file.</param>
    /// <param name="flags">Access mode and status flags, as open(2) takes them.</param>
    /// <param name="handle">The new description.</param>
    public static SysResult Reopen(SafeFileHandle file, int flags, out SafeFileHandle? handle)
        => Open(PathOf(file), flags, out handle);

    /// <summary>Opens a file by a path, close-on-exec.</summary>
    /// <param name="path">Such as /proc/PID/fd/N.</param>
    /// <param name="flags">Access mode and status flags, as open(2) takes them.</param>
    /// <param name="handle">The new description.</param>
    public static SysResult Open(string path, int flags, out SafeFileHandle? handle)
    {
        var result = Libc.Result(Open(path, flags | O_CLOEXEC));
        handle = result.IsError ? null : new SafeFileHandle((nint)result.Raw, ownsHandle: true);
        return result.IsError ? result : SysResult.Success;
    }

    /// <summary>From here on nobody, by whatever description, can change the file's size: EPERM. Mapping it stays allowed, also
    /// beyond its end.</summary>
    public static SysResult SealSize(SafeFileHandle file)
        => Libc.Result(Fcntl((int)file.DangerousGetHandle(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW));

    /// <summary>From here on nobody, by whatever description, can change the file or its size: EPERM.</summary>
    public static SysResult SealContent(SafeFileHandle file)
        => Libc.Result(Fcntl(
            (int)file.DangerousGetHandle(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));

    /// <summary>dup(2), close-on-exec: a second descriptor of the same open file description.</summary>
    public static SysResult Duplicate(SafeFileHandle file, out SafeFileHandle? copy)
    {
        const int F_DUPFD_CLOEXEC = 1030;
        var result = Libc.Result(Fcntl((int)file.DangerousGetHandle(), F_DUPFD_CLOEXEC, 0));
        copy = result.IsError ? null : new SafeFileHandle((nint)result.Raw, ownsHandle: true);
        return result;
    }

    /// <summary>The path by which this process reaches one of its descriptors.</summary>
    public static string PathOf(SafeFileHandle file)
        => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}");

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemFdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
