using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Tests.Infrastructure;

/// <summary>A client of this process, without descriptors.</summary>
internal sealed class LocalCaller(LocalMemory memory) : Caller
{
    public override ClientMemory Memory => memory;

    public override ulong MemlockLimitPages => ulong.MaxValue;

    public override bool IsCapable(Capability capability) => false;

    public override SysResult GetFile(int fd, out VfioFile? file)
    {
        file = null;
        return Errno.EBADF;
    }

    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        context = null;
        return Errno.EBADF;
    }

    public override SysResult InstallFile(VfioFile file, bool closeOnExec) => Errno.EMFILE;

    public override SysResult AddFile(VfioFile file, bool closeOnExec) => Errno.EMFILE;

    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        return Errno.EBADF;
    }
}
