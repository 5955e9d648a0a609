using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Driver;

/// <summary>
/// This process as a client of the VFIO core. Its address space is what is mapped for DMA, where it is, and a buffer
/// through which requests pass, one at a time.
/// </summary>
internal sealed class InProcessCaller : Caller, IDisposable
{
    // Any of vfio.h's and iommufd.h's structures with its tail.
    private const int BufferSize = 1 << 16;

    private readonly Lock _lock = new();
    private readonly LocalBuffer _buffer = new(BufferSize);
    private readonly LocalRange _range;

    internal InProcessCaller() => _range = LocalMemory.Register(_buffer);

    public override ClientMemory Memory => LocalMemory;

    public override ulong MemlockLimitPages => ulong.MaxValue;

    internal LocalMemory LocalMemory { get; } = new();

    /// <summary>The file behind <see cref="IommufdNumber"/>.</summary>
    internal VfioFile? Iommufd { get; set; }

    /// <summary>The only descriptor that this client has.</summary>
    internal const int IommufdNumber = 3;

    public override bool IsCapable(Capability capability) => false;

    public override SysResult GetFile(int fd, out VfioFile? file)
    {
        file = fd == IommufdNumber ? Iommufd : null;
        return file is null ? Errno.EBADF : SysResult.Success;
    }

    public override SysResult GetEventFd(int fd, out EventFdContext? context)
    {
        // The number is that of an eventfd of a vector of ours, which is open.
        using var eventFd = new SafeFileHandle(fd, ownsHandle: false);
        var result = MemoryFile.Duplicate(eventFd, out var copy);
        context = copy is null ? null : new EventFdContext(copy);
        return result.IsError ? result : SysResult.Success;
    }

    public override SysResult InstallFile(VfioFile file, bool closeOnExec) => Errno.EMFILE;

    public override SysResult AddFile(VfioFile file, bool closeOnExec) => Errno.EMFILE;

    public override SysResult GetFileMemory(int fd, out FileMemory? file)
    {
        file = null;
        return Errno.EBADF;
    }

    /// <summary>ioctl(2) with a structure, in and out.</summary>
    /// <param name="file">The file.</param>
    /// <param name="command">The request.</param>
    /// <param name="argument">The structure with its tail, up to half of the buffer.</param>
    internal SysResult Ioctl(VfioFile file, uint command, Span<byte> argument)
    {
        lock (_lock)
        {
            argument.CopyTo(_buffer.Span);
            var result = file.Ioctl(this, command, _buffer.Address);
            _buffer.Span[..argument.Length].CopyTo(argument);
            return result;
        }
    }

    /// <summary>ioctl(2) with a structure that has an array's address.</summary>
    /// <param name="file">The file.</param>
    /// <param name="command">The request.</param>
    /// <param name="argument">The structure, in and out.</param>
    /// <param name="place">Puts the array's address into it.</param>
    /// <param name="array">Receives the array afterwards.</param>
    internal SysResult Ioctl<T>(VfioFile file, uint command, ref T argument, Func<T, ulong, T> place, Span<byte> array)
        where T : unmanaged
    {
        const int ArrayAt = BufferSize / 2;
        lock (_lock)
        {
            StructBytes.Write(_buffer.Span, place(argument, _buffer.Address + ArrayAt));
            var result = file.Ioctl(this, command, _buffer.Address);
            argument = StructBytes.Read<T>(_buffer.Span);
            _buffer.Span.Slice(ArrayAt, array.Length).CopyTo(array);
            return result;
        }
    }

    /// <summary>ioctl(2) with a structure alone, in and out.</summary>
    internal SysResult Ioctl<T>(VfioFile file, uint command, ref T argument)
        where T : unmanaged
    {
        lock (_lock)
        {
            StructBytes.Write(_buffer.Span, argument);
            var result = file.Ioctl(this, command, _buffer.Address);
            argument = StructBytes.Read<T>(_buffer.Span);
            return result;
        }
    }

    /// <summary>pread(2), up to a buffer at a time.</summary>
    internal SysResult Read(VfioFile file, Span<byte> data, ulong position)
    {
        lock (_lock)
        {
            var part = data[..Math.Min(data.Length, BufferSize)];
            var result = file.Read(this, _buffer.Address, (ulong)part.Length, position);
            if (!result.IsError)
            {
                _buffer.Span[..part.Length].CopyTo(part);
            }

            return result;
        }
    }

    /// <summary>pwrite(2), up to a buffer at a time.</summary>
    internal SysResult Write(VfioFile file, ReadOnlySpan<byte> data, ulong position)
    {
        lock (_lock)
        {
            var part = data[..Math.Min(data.Length, BufferSize)];
            part.CopyTo(_buffer.Span);
            return file.Write(this, _buffer.Address, (ulong)part.Length, position);
        }
    }

    public void Dispose()
    {
        _range.Dispose();
        _buffer.Dispose();
    }
}
