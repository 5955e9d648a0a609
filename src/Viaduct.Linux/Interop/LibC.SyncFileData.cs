using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>fdatasync(2).</summary>
    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int SyncFileData(SafeHandle fd);
}
