using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>close(2). After EINTR the descriptor is gone too: never call it twice.</summary>
    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);
}
