using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>pwritev2(2).</summary>
    [LibraryImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
    internal static unsafe partial nint Pwritev2(SafeHandle fd, IoVector* vectors, int count, long offset, int flags);
}
