using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>pwrite(2).</summary>
    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static unsafe partial nint Pwrite(SafeHandle fd, byte* buffer, nuint count, long offset);
}
