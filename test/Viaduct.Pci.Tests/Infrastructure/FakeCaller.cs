using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.Tests.Infrastructure;

/// <summary>A client's task whose eventfds are real ones of this process: descriptor 3 is the first.</summary>
internal sealed class FakeCaller : Caller, IDisposable
{
    /// <summary>Open, but no eventfd.</summary>
    public const int OtherFile = 1;

    /// <summary>Not open.</summary>
    public const int Closed = 2;

    private const int FirstEventFd = 3;
    private readonly List<TestEventFd> _eventFds = [];

    /// <summary>Files of ours, by descriptor; 0 is free.</summary>
    public Dictionary<int, VfioFile> Files { get; } = [];

    /// <summary>Every client has closed its eventfds.</summary>
    public bool HasClosedEventFds { get; set; }

    public FakeMemory Fake { get; } = new();

    public override ClientMemory Memory => Fake;

    public override ulong MemlockLimitPages => ulong.MaxValue;

    public override bool IsCapable(Capability capability) => false;

    public TestEventFd NewEventFd()
    {
        var fresh = new TestEventFd(FirstEventFd + _eventFds.Count);
        _eventFds.Add(fresh);
        return fresh;
    }

    public override SysResult GetFile(int fd, out VfioFile? file)
    {
        return Files.TryGetValue(fd, out file) || fd == OtherFile ? SysResult.Success : Errno.EBADF;
    }

    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        context = null;
        var index = fd - FirstEventFd;
        if ((uint)index >= (uint)_eventFds.Count)
        {
            return fd == OtherFile ? Errno.EINVAL : Errno.EBADF;
        }

        context = _eventFds[index].Share();
        return SysResult.Success;
    }

    public override bool IsOpen(EventFdContext context) => !HasClosedEventFds;

    public override SysResult AddFile(VfioFile file, bool closeOnExec) => InstallFile(file, closeOnExec);

    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        return Errno.EBADF;
    }

    public override SysResult InstallFile(VfioFile file, bool closeOnExec) => Errno.EMFILE;

    public void Dispose() => _eventFds.ForEach(e => e.Dispose());
}
