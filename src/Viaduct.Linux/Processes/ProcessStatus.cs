using System.Globalization;
using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Linux.Processes;

/// <summary>What Linux tells about a task that is not ours to change: limits, capabilities, kinship.</summary>
public static partial class ProcessStatus
{
    /// <summary>RLIMIT_NOFILE.</summary>
    public const int RLIMIT_NOFILE = 7;

    /// <summary>RLIMIT_MEMLOCK.</summary>
    public const int RLIMIT_MEMLOCK = 8;

    private const uint CapabilityVersion3 = 0x20080522;

    /// <summary>A soft limit of a process; <see cref="ulong.MaxValue"/> where there is none or it has gone.</summary>
    public static unsafe ulong GetLimit(int process, int resource)
    {
        var limits = stackalloc ulong[2];
        return PrLimit(process, resource, null, limits) == 0 ? limits[0] : ulong.MaxValue;
    }

    /// <summary>The effective capabilities of a task, a bit each; none where it has gone.</summary>
    public static unsafe ulong GetCapabilities(int task)
    {
        var header = stackalloc uint[2] { CapabilityVersion3, (uint)task };
        var data = stackalloc uint[6]; // effective, permitted, inheritable: the lower 32 of each, then the upper
        return CapGet(header, data) == 0 ? data[0] | ((ulong)data[3] << 32) : 0;
    }

    /// <summary>A field of /proc/PID/status.</summary>
    /// <param name="task">A process or thread id.</param>
    /// <param name="field">Its name with the colon: <c>Tgid:</c>.</param>
    /// <returns>The rest of its line, trimmed; null where there is none or the task has gone.</returns>
    public static string? GetField(int task, string field)
    {
        try
        {
            foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/status")))
            {
                if (line.StartsWith(field, StringComparison.Ordinal))
                {
                    return line[field.Length..].Trim();
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the task has gone
        }

        return null;
    }

    /// <summary>A numeric field of /proc/PID/status: the first number of its line.</summary>
    public static int? GetNumber(int task, string field)
        => int.TryParse(GetField(task, field)?.Split('\t', ' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            ? n
            : null;

    /// <summary>kill(2).</summary>
    public static SysResult Kill(int process, int signal) => Libc.Result(KillCall(process, signal));

    [LibraryImport("libc", EntryPoint = "prlimit")]
    private static unsafe partial int PrLimit(int process, int resource, void* newLimit, void* oldLimit);

    [LibraryImport("libc", EntryPoint = "capget")]
    private static unsafe partial int CapGet(void* header, void* data);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillCall(int process, int signal);
}
