using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Linux;

/// <summary>Seals of memory files, fcntl(2) F_ADD_SEALS and F_GET_SEALS.</summary>
public static partial class FileSeals
{
    private const int F_ADD_SEALS = 1033;
    private const int F_GET_SEALS = 1034;
    private const int F_SEAL_SEAL = 0x1;
    private const int F_SEAL_SHRINK = 0x2;
    private const int F_SEAL_GROW = 0x4;

    /// <summary>Promises that the file never gets shorter, so that others may access a mapping of it without fear of SIGBUS.</summary>
    /// <returns>0; EPERM where the file was made without MFD_ALLOW_SEALING.</returns>
    public static SysResult ForbidShrinking(FileDescriptorHandle file)
        => Libc.Result(Fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK));

    /// <summary>From here on nobody can change the file's size, nor its seals.</summary>
    /// <returns>0; EPERM where the file was made without MFD_ALLOW_SEALING.</returns>
    public static SysResult FixSize(FileDescriptorHandle file)
        => Libc.Result(Fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW));

    /// <summary>Whether that promise was made.</summary>
    public static bool CannotShrink(FileDescriptorHandle file)
        => Fcntl(file, F_GET_SEALS, 0) is var seals and >= 0 && (seals & F_SEAL_SHRINK) != 0;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(FileDescriptorHandle file, int command, int argument);
}
