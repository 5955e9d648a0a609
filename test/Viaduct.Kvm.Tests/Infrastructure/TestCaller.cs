using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Kvm.Tests.Infrastructure;

/// <summary>This process as a VMM: memory, a table of descriptors, and room for the arguments of its calls.</summary>
internal sealed class TestCaller : Caller, IDisposable
{
    /// <summary>Open, but none of ours.</summary>
    public const int OtherFile = 1;

    private const int FirstFree = 3;
    private const int ArgumentBytes = 4096;

    private readonly LocalBuffer _buffer;
    private readonly LocalRange _range;
    private readonly LocalMemory _memory = new();
    private readonly Dictionary<int, VfioFile?> _files = new() { [OtherFile] = null };
    private int _next = FirstFree;

    /// <param name="memoryBytes">How much guest memory there is at <see cref="Base"/>.</param>
    public TestCaller(int memoryBytes = 1 << 20)
    {
        const int Alignment = 1 << 16;
        _buffer = new LocalBuffer(memoryBytes + Alignment + ArgumentBytes);
        _range = _memory.Register(_buffer);
        Base = (_buffer.Address + (Alignment - 1)) & ~(Alignment - 1UL);
        Argument = Base + (ulong)memoryBytes;
    }

    /// <summary>A multiple of 64 KiB.</summary>
    public ulong Base { get; }

    public ulong Argument { get; }

    public override ClientMemory Memory => _memory;

    public override ulong MemlockLimitPages => MemlockLimit;

    public ulong MemlockLimit { get; set; } = ulong.MaxValue;

    /// <summary>No descriptor is free.</summary>
    public bool IsFull { get; set; }

    public override bool IsCapable(Capability capability) => false;

    public int Add(VfioFile file)
    {
        _files.Add(_next, file);
        return _next++;
    }

    public VfioFile File(long fd) => _files[(int)fd]!;

    public void Close(int fd)
    {
        _files.Remove(fd, out var file);
        file!.Release();
    }

    public SysResult Call<T>(VfioFile file, uint command, in T argument)
        where T : unmanaged
    {
        Assert.True(_memory.TryWrite(Argument, argument));
        return file.Ioctl(this, command, Argument);
    }

    public override SysResult GetFile(int fd, out VfioFile? file)
        => _files.TryGetValue(fd, out file) ? SysResult.Success : Errno.EBADF;

    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        context = null;
        return Errno.EBADF;
    }

    public override SysResult InstallFile(VfioFile file, bool closeOnExec)
    {
        Assert.True(closeOnExec);
        return IsFull ? Errno.EMFILE : SysResult.FromValue(Add(file));
    }

    public override SysResult AddFile(VfioFile file, bool closeOnExec) => InstallFile(file, closeOnExec);

    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        return Errno.EBADF;
    }

    public void Dispose()
    {
        _range.Dispose();
        _buffer.Dispose();
    }
}
