using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>write(2) to an eventfd: always eight bytes.</summary>
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint WriteEventFd(int fd, in ulong value, nuint count);
}
