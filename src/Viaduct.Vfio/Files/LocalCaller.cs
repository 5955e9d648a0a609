using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;

namespace Viaduct.Vfio.Files;

/// <summary>
/// A client in this process that opens the core's files itself, such as a VMM around Viaduct.Kvm: its memory, and a table of descriptors. It has
/// no eventfds, and no limit of locked memory binds it. One thread at a time.
/// </summary>
/// <param name="memory">Its memory.</param>
public sealed class LocalCaller(LocalMemory memory) : Caller
{
    private readonly List<VfioFile> _files = [];

    /// <inheritdoc/>
    public override ClientMemory Memory => memory;

    /// <inheritdoc/>
    public override ulong MemlockLimitPages => ulong.MaxValue;

    /// <summary>Gives a file a descriptor.</summary>
    /// <returns>Its number, from 0 on.</returns>
    public int Add(VfioFile file)
    {
        _files.Add(file);
        return _files.Count - 1;
    }

    /// <inheritdoc/>
    public override bool IsCapable(Capability capability) => false;

    /// <inheritdoc/>
    public override SysResult GetFile(int fd, out VfioFile? file)
    {
        file = (uint)fd < (uint)_files.Count ? _files[fd] : null;
        return file is null ? Errno.EBADF : SysResult.Success;
    }

    /// <inheritdoc/>
    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        context = null;
        return GetFile(fd, out _).IsError ? Errno.EBADF : Errno.EINVAL;
    }

    /// <inheritdoc/>
    public override SysResult InstallFile(VfioFile file, bool closeOnExec) => SysResult.FromValue(Add(file));

    /// <inheritdoc/>
    public override SysResult AddFile(VfioFile file, bool closeOnExec) => InstallFile(file, closeOnExec);

    /// <inheritdoc/>
    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        return Errno.EBADF;
    }
}
