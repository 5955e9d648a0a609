using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>lseek(2).</summary>
    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long SeekFile(SafeHandle fd, long offset, int whence);
}
