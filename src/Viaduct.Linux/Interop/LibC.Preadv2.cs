using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>preadv2(2).</summary>
    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    internal static unsafe partial nint Preadv2(SafeHandle fd, IoVector* vectors, int count, long offset, int flags);
}
