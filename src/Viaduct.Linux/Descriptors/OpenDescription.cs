using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Viaduct.Linux.Descriptors;

/// <summary>Open file descriptions: what a descriptor and its duplicates share, in whatever process.</summary>
public static partial class OpenDescription
{
    private const int F_DUPFD_QUERY = 1027; // Linux 6.10
    private const int KCMP_FILE = 0;

    /// <summary>Whether two of our descriptors have one description.</summary>
    /// <returns>Null where the kernel does not say: it is older than 6.10, and was built without kcmp(2).</returns>
    public static bool? AreSame(SafeFileHandle one, SafeFileHandle other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        var (first, second) = ((int)one.DangerousGetHandle(), (int)other.DangerousGetHandle());
        var answer = Fcntl(first, F_DUPFD_QUERY, second);
        if (answer >= 0)
        {
            return answer == 1;
        }

        var order = Kcmp(LinuxCall.Kcmp, Environment.ProcessId, Environment.ProcessId, KCMP_FILE, first, second);
        return order < 0 ? null : order == 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Kcmp(long number, long process1, long process2, long type, long index1, long index2);
}
