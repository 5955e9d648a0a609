using System.Globalization;

namespace Viaduct.Supervisor.Vfs;

/// <summary>Paths below /proc that show something of ours: /proc/self/fd/N and its relatives.</summary>
/// <param name="Kind">What about the descriptor.</param>
/// <param name="Task">The process or thread whose descriptor; 0 for the caller's own.</param>
/// <param name="Descriptor">Its number; -1 where none is meant.</param>
internal readonly record struct ProcPath(ProcPathKind Kind, int Task, int Descriptor)
{
    /// <summary>Reads such a path.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="result">What it names.</param>
    public static bool TryParse(string path, out ProcPath result)
    {
        result = default;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is ["dev", "fd", var devFd])
        {
            return TryMake("fd", 0, devFd, out result);
        }

        if (parts is not ["proc", var who, .. var rest] || !TryTask(who, out var task))
        {
            return false;
        }

        if (rest is ["task", var thread, .. var below] && TryNumber(thread, out var threadId))
        {
            (task, rest) = (threadId, below);
        }

        if (rest is ["cwd"] or ["status"] or ["pagemap"])
        {
            var which = rest[0] switch
            {
                "cwd" => ProcPathKind.WorkingDirectory,
                "status" => ProcPathKind.Status,
                _ => ProcPathKind.Pagemap,
            };
            result = new ProcPath(which, task, -1);
            return true;
        }

        return rest is [var kind, var fd] && TryMake(kind, task, fd, out result);
    }

    /// <summary>Splits a path that leads through a task's root directory: /proc/self/root/dev is /dev.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="task">The process or thread whose root; 0 for the caller's own.</param>
    /// <param name="below">The rest, absolute.</param>
    public static bool TrySplitRoot(string path, out int task, out string below)
    {
        task = 0;
        below = "";
        if (!path.StartsWith("/proc/", StringComparison.Ordinal))
        {
            return false;
        }

        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is not ["proc", var who, "root", .. var rest] || !TryTask(who, out task))
        {
            return false;
        }

        below = "/" + string.Join('/', rest) + (rest.Length > 0 && path.EndsWith('/') ? "/" : "");
        return true;
    }

    private static bool TryTask(string who, out int task)
    {
        task = 0;
        return who is "self" or "thread-self" || TryNumber(who, out task);
    }

    private static bool TryMake(string kind, int task, string fd, out ProcPath result)
    {
        result = default;
        if (kind is not ("fd" or "fdinfo") || !TryNumber(fd, out var number))
        {
            return false;
        }

        result = new ProcPath(kind == "fd" ? ProcPathKind.Descriptor : ProcPathKind.DescriptorInfo, task, number);
        return true;
    }

    private static bool TryNumber(string text, out int number)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
