using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>fallocate(2).</summary>
    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int AllocateFileRange(SafeHandle fd, int mode, long offset, long length);
}
