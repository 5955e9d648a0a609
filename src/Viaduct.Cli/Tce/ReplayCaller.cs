using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Cli.Tce;

/// <summary>The VMM of a replay: this process, with one more page for the arguments of its calls.</summary>
internal sealed class ReplayCaller : Caller
{
    private readonly LocalMemory _memory;
    private readonly ulong _argument;
    private readonly List<VfioFile> _files = [];

    public ReplayCaller(LocalMemory memory, ulong argument)
    {
        _memory = memory;
        _argument = argument;
    }

    public override ClientMemory Memory => _memory;

    public override ulong MemlockLimitPages => ulong.MaxValue;

    public override bool IsCapable(Capability capability) => true;

    public int Add(VfioFile file)
    {
        _files.Add(file);
        return _files.Count - 1;
    }

    public SysResult Call<T>(VfioFile file, uint command, in T argument)
        where T : unmanaged
        => _memory.TryWrite(_argument, argument) ? file.Ioctl(this, command, _argument) : Errno.EFAULT;

    public override SysResult GetFile(int fd, out VfioFile? file)
    {
        file = (uint)fd < (uint)_files.Count ? _files[fd] : null;
        return file is null ? Errno.EBADF : SysResult.Success;
    }

    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        context = null;
        return Errno.EBADF;
    }

    public override SysResult InstallFile(VfioFile file, bool closeOnExec) => SysResult.FromValue(Add(file));

    public override SysResult AddFile(VfioFile file, bool closeOnExec) => InstallFile(file, closeOnExec);

    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        return Errno.EBADF;
    }
}
