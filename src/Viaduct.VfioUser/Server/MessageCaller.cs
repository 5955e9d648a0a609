using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.VfioUser.Server;

/// <summary>The client as the VFIO core sees it. Descriptor N is the message's Nth.</summary>
/// <param name="memory">The message.</param>
internal sealed class MessageCaller(MessageMemory memory) : Caller
{
    /// <summary>The descriptors that came with the message; those that the core took are gone from it afterwards.</summary>
    public List<SafeFileHandle>? Descriptors { get; set; }

    /// <inheritdoc/>
    public override ClientMemory Memory => memory;

    /// <inheritdoc/>
    public override ulong MemlockLimitPages => ulong.MaxValue;

    /// <inheritdoc/>
    public override bool IsCapable(Capability capability) => false;

    /// <inheritdoc/>
    public override SysResult GetFile(int fd, out VfioFile? file)
    {
        file = null;
        return Errno.EBADF;
    }

    /// <inheritdoc/>
    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        context = null;
        if (Descriptors is null || (uint)fd >= (uint)Descriptors.Count)
        {
            return Errno.EBADF;
        }

        if (!EventFdContext.IsEventFd(Descriptors[fd]))
        {
            return Errno.EINVAL;
        }

        // A second descriptor, because who sent this one may have named it twice.
        var result = Linux.Descriptors.MemoryFile.Duplicate(Descriptors[fd], out var copy);
        context = result.IsError ? null : new EventFdContext(copy!);
        return result.IsError ? result : SysResult.Success;
    }

    /// <inheritdoc/>
    public override SysResult InstallFile(VfioFile file, bool closeOnExec) => Errno.EMFILE;

    /// <inheritdoc/>
    public override SysResult AddFile(VfioFile file, bool closeOnExec) => Errno.EMFILE;

    /// <inheritdoc/>
    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        return Errno.EBADF;
    }
}
