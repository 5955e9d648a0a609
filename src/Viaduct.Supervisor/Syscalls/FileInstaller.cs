using System.Globalization;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Processes;
using Viaduct.Linux.Seccomp;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Filter;
using Viaduct.Supervisor.Processes;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>Gives the calling process descriptors, in our range where there is room, and thereby answers its call.</summary>
/// <param name="listener">Where the call came from.</param>
/// <param name="files">Where new files are registered.</param>
internal sealed class FileInstaller(SeccompListener listener, OpenFileTable files)
{
    private ulong _call;

    /// <summary>True once the current call has been answered by an installed descriptor.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>A call begins.</summary>
    public void Begin(ulong call)
    {
        _call = call;
        HasAnswered = false;
    }

    /// <summary>Makes a description for the file, installs it and answers the call with its number.</summary>
    /// <returns>The number or an errno; with an errno the call has not been answered, nor the file released.</returns>
    public SysResult Install(
        SupervisedProcess process, int task, OpenFile file, int flags, bool closeOnExec, ReadOnlySpan<byte> content)
        => Install(process, task, file, flags, closeOnExec, content, answers: true);

    /// <summary>The same, where the call's answer is another: its number is told in a structure.</summary>
    public SysResult Add(SupervisedProcess process, int task, OpenFile file, int flags, bool closeOnExec)
        => Install(process, task, file, flags, closeOnExec, default, answers: false);

    private SysResult Install(
        SupervisedProcess process,
        int task,
        OpenFile file,
        int flags,
        bool closeOnExec,
        ReadOnlySpan<byte> content,
        bool answers)
    {
        var created = files.Create(file, flags, content, out var handle);
        if (created.IsError)
        {
            return created;
        }

        using (handle)
        {
            var installed = Install(
                process, task, (int)handle!.DangerousGetHandle(), closeOnExec, FirstFree(process, task), file, answers);
            if (installed.IsError)
            {
                files.Abandon(file);
            }

            return installed;
        }
    }

    /// <summary>Installs one of our descriptors as it is.</summary>
    /// <param name="process">The process that calls.</param>
    /// <param name="task">Its thread.</param>
    /// <param name="fd">Ours.</param>
    /// <param name="closeOnExec">O_CLOEXEC there.</param>
    /// <param name="number">The wanted number; the lowest free one where it cannot be had.</param>
    /// <param name="file">What is to be known as open there; null for a file of the host's.</param>
    /// <param name="answers">The number is the call's answer.</param>
    public SysResult Install(
        SupervisedProcess process,
        int task,
        int fd,
        bool closeOnExec,
        int number,
        OpenFile? file = null,
        bool answers = true)
    {
        // Known before the call is answered: from then on the client may close it, which must not be undone.
        if (file is not null && number >= 0)
        {
            process.SetInstalled(number, file);
        }

        var installed = listener.AddFile(_call, fd, number, closeOnExec, answers);
        if (installed.Errno is Errno.EBADF or Errno.EMFILE && number >= 0)
        {
            installed = listener.AddFile(_call, fd, -1, closeOnExec, answers);
        }

        HasAnswered = answers && !installed.IsError;
        if (file is not null && number >= 0 && (installed.IsError || installed.Raw != number))
        {
            process.SetUnknown(number);
        }

        return installed;
    }

    /// <summary>The lowest free descriptor of our range, or -1 where the limit leaves none.</summary>
    public static int FirstFree(SupervisedProcess process, int task, int from = SupervisorFilter.FirstDescriptor)
    {
        var limit = ProcessStatus.GetLimit(process.Id, ProcessStatus.RLIMIT_NOFILE);
        if (from != SupervisorFilter.FirstDescriptor)
        {
            return FirstFree(task, from, limit);
        }

        // A program with thousands of files must not make us look at each of them whenever it opens another.
        var start = process.LowestFree;
        var found = FirstFree(task, start, limit);
        process.SetLowestFree(start, found >= 0 ? found : Math.Max(start, (int)Math.Min(limit, int.MaxValue)));
        return found;
    }

    /// <summary>No descriptor is free: get_unused_fd_flags() finds none, before the kernel has looked at what is to be opened. For a
    /// call that fails anyhow; as a rule one look at the last number tells.</summary>
    public static bool IsFull(SupervisedProcess process, int task)
    {
        var limit = ProcessStatus.GetLimit(process.Id, ProcessStatus.RLIMIT_NOFILE);
        return limit == 0 || (limit <= int.MaxValue && !IsFree(task, (int)limit - 1) && FirstFree(task, 0, limit) < 0);
    }

    private static int FirstFree(int task, int from, ulong limit)
    {
        for (var fd = from; (ulong)fd < limit; fd++)
        {
            if (IsFree(task, fd))
            {
                return fd;
            }
        }

        return -1;
    }

    private static bool IsFree(int task, int fd)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/fd/{fd}");
        return FileStatus.Get(FileStatus.AT_FDCWD, path, FileStatus.AT_SYMLINK_NOFOLLOW, out _).Errno == Errno.ENOENT;
    }
}
