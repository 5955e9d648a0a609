using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Vfio.Tests.Infrastructure;

/// <summary>A client's task with a table of descriptors.</summary>
internal sealed class FakeCaller : Caller
{
    /// <summary>Open, but no VFIO file.</summary>
    public const int OtherFile = 1;

    /// <summary>Not open.</summary>
    public const int Closed = 2;

    private const int FirstFree = 3;
    private readonly Dictionary<int, VfioFile?> _files = new() { [OtherFile] = null };

    public FakeMemory Fake { get; } = new();

    public override ClientMemory Memory => Fake;

    public override ulong MemlockLimitPages => ulong.MaxValue;

    /// <summary>What <see cref="InstallFile"/> answers instead of a descriptor.</summary>
    public Errno InstallError { get; set; }

    /// <summary>Whether the last installed file was to be closed on exec.</summary>
    public bool LastIsCloseOnExec { get; private set; }

    public HashSet<Capability> Capabilities { get; } = [];

    public override bool IsCapable(Capability capability) => Capabilities.Contains(capability);

    public int Add(VfioFile file)
    {
        var fd = FirstFree + _files.Count;
        _files.Add(fd, file);
        return fd;
    }

    public VfioFile File(long fd) => _files[(int)fd]!;

    public override SysResult GetFile(int fd, out VfioFile? file)
        => _files.TryGetValue(fd, out file) ? SysResult.Success : Errno.EBADF;

    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        context = null;
        return Errno.EBADF;
    }

    public override SysResult AddFile(VfioFile file, bool closeOnExec) => InstallFile(file, closeOnExec);

    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        return Errno.EBADF;
    }

    /// <summary>Nothing can be opened any more.</summary>
    public bool HasFullTable { get; set; }

    public override bool IsTableFull() => HasFullTable;

    public override SysResult InstallFile(VfioFile file, bool closeOnExec)
    {
        if (InstallError != Errno.None)
        {
            return InstallError;
        }

        LastIsCloseOnExec = closeOnExec;
        return SysResult.FromValue(Add(file));
    }
}
