using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>flock(2).</summary>
    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int LockFile(SafeHandle fd, int operation);
}
