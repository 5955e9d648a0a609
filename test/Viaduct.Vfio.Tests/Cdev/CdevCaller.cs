using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Vfio.Tests.Cdev;

/// <summary>A client of one page of memory, with descriptors.</summary>
internal sealed class CdevCaller : Caller, IDisposable
{
    private readonly LocalBuffer _buffer = new(LocalBuffer.Alignment);
    private readonly LocalMemory _memory = new();
    private readonly LocalRange _range;

    public CdevCaller() => _range = _memory.Register(_buffer);

    public Dictionary<int, VfioFile> Files { get; } = [];

    /// <summary>Open descriptors that are none of ours.</summary>
    public HashSet<int> Others { get; } = [];

    public override ClientMemory Memory => _memory;

    public override ulong MemlockLimitPages => ulong.MaxValue;

    public ulong Address => _buffer.Address;

    public override bool IsCapable(Capability capability) => false;

    public override SysResult GetFile(int fd, out VfioFile? file)
        => Files.TryGetValue(fd, out file) || Others.Contains(fd) ? SysResult.Success : Errno.EBADF;

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

    public override SysResult InstallFile(VfioFile file, bool closeOnExec)
    {
        var fd = 100 + Files.Count;
        Files.Add(fd, file);
        return SysResult.FromValue(fd);
    }

    /// <summary>An ioctl on a structure, which is updated.</summary>
    public Errno Call<T>(VfioFile file, uint command, ref T argument)
        where T : unmanaged
    {
        Assert.True(_memory.TryWrite(Address, argument));
        var error = file.Ioctl(this, command, Address).Errno;
        Assert.True(_memory.TryRead(Address, out argument));
        return error;
    }

    public void Dispose()
    {
        _range.Dispose();
        _buffer.Dispose();
    }
}
