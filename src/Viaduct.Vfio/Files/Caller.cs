using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;

namespace Viaduct.Vfio.Files;

/// <summary>The task that makes a call, with its table of open files. Good for the length of that call only.</summary>
public abstract class Caller : ClientTask
{
    /// <summary>It has made a virtual machine of the host's KVM. A guest's processor does not stop at a load or store of a mapped register as a
    /// program does, so that regions are not there to be mapped: the VMM carries out accesses by pread and pwrite.</summary>
    public virtual bool RunsGuests { get; set; }

    /// <summary>fget(): the VFIO file behind a descriptor.</summary>
    /// <param name="fd">The number, as the client gave it.</param>
    /// <param name="file">The file; null where the descriptor is open but is none of ours.</param>
    /// <returns>Zero or EBADF.</returns>
    public abstract SysResult GetFile(int fd, out VfioFile? file);

    /// <summary>eventfd_ctx_fdget(): a reference of our own to the client's eventfd, which outlives the client's.</summary>
    /// <param name="fd">The number, as the client gave it.</param>
    /// <param name="context">The reference; the caller disposes it.</param>
    /// <returns>Zero; EBADF where nothing is open there; EINVAL where it is no eventfd.</returns>
    public abstract SysResult GetEventFd(int fd, out EventFdContext? context);

    /// <summary>Whether anybody but us still has an eventfd open, or ever can again: the kernel hears of its last close at once
    /// (EPOLLHUP), while our reference keeps it from being one.</summary>
    public virtual bool IsOpen(EventFdContext context) => true;

    /// <summary>Gives the client a new descriptor for a file.</summary>
    /// <param name="file">A file that no descriptor refers to yet.</param>
    /// <param name="closeOnExec">O_CLOEXEC.</param>
    /// <returns>The descriptor, or EMFILE and its like; the file is then not released.</returns>
    public abstract SysResult InstallFile(VfioFile file, bool closeOnExec);

    /// <summary>The same, where the descriptor is not the call's answer: it is told in a structure.</summary>
    /// <param name="file">A file that no descriptor refers to yet.</param>
    /// <param name="closeOnExec">O_CLOEXEC.</param>
    /// <returns>The descriptor, or EMFILE and its like; the file is then not released.</returns>
    public abstract SysResult AddFile(VfioFile file, bool closeOnExec);

    /// <summary>No descriptor is free for another file. For a call that fails anyhow: it may take a while.</summary>
    public virtual bool IsTableFull() => false;

    /// <summary>fget(): what is behind a descriptor, as memory for DMA.</summary>
    /// <param name="fd">The number, as the client gave it.</param>
    /// <param name="file">The file, of whatever kind; whoever asked disposes it.</param>
    /// <returns>Zero or EBADF.</returns>
    public abstract SysResult GetFileMemory(int fd, out FileMemory? file);
}
