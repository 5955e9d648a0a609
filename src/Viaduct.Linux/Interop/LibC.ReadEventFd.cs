using System.Runtime.InteropServices;

namespace Viaduct.Linux;

internal static partial class LibC
{
    /// <summary>read(2) of an eventfd: always eight bytes.</summary>
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint ReadEventFd(int fd, out ulong value, nuint count);
}
