using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Fuzz.InProcess;

/// <summary>A client in our own process: a few buffers for memory, a list for a table of descriptors, one eventfd.</summary>
internal sealed class FuzzCaller : Caller, IDisposable
{
    /// <summary>The descriptor that is an eventfd.</summary>
    public const int EventDescriptor = 1000;

    private readonly LocalMemory _memory = new();
    private readonly LocalTask _task;
    private readonly List<LocalBuffer> _buffers = [];
    private readonly List<LocalRange> _ranges = [];
    private readonly EventFd _event;

    public FuzzCaller(bool privileged)
    {
        _task = privileged ? new LocalTask(_memory, ulong.MaxValue, Capability.IpcLock) : new LocalTask(_memory, 256);
        foreach (var size in new[] { 4096, 16 * 4096, 64 * 4096 })
        {
            var buffer = new LocalBuffer(size);
            _buffers.Add(buffer);
            _ranges.Add(_memory.Register(buffer, writable: size != 16 * 4096));
        }

        _ = EventFd.Create(out _event);
    }

    /// <summary>The open files; descriptor 0 is the first.</summary>
    public List<VfioFile> Files { get; } = [];

    /// <summary>The memory: writable, read-only, writable.</summary>
    public IReadOnlyList<LocalBuffer> Buffers => _buffers;

    public override ClientMemory Memory => _memory;

    public override ulong MemlockLimitPages => _task.MemlockLimitPages;

    public override bool IsCapable(Capability capability) => _task.IsCapable(capability);

    public override SysResult GetFile(int fd, out VfioFile? file)
    {
        file = (uint)fd < (uint)Files.Count ? Files[fd] : null;
        return file is null && fd != EventDescriptor ? Errno.EBADF : SysResult.Success;
    }

    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        context = null;
        if (fd != EventDescriptor)
        {
            return (uint)fd < (uint)Files.Count ? Errno.EINVAL : Errno.EBADF;
        }

        context = new EventFdContext(new SafeFileHandle(_event.DangerousGetHandle(), ownsHandle: false));
        return SysResult.Success;
    }

    public override SysResult AddFile(VfioFile file, bool closeOnExec) => InstallFile(file, closeOnExec);

    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        return Errno.EBADF;
    }

    public override SysResult InstallFile(VfioFile file, bool closeOnExec)
    {
        Files.Add(file);
        return SysResult.FromValue(Files.Count - 1);
    }

    public void Dispose()
    {
        _ranges.ForEach(r => r.Dispose());
        _buffers.ForEach(b => b.Dispose());
        _event.Dispose();
    }
}
