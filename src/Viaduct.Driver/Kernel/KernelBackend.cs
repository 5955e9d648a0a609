using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>A device file of the kernel's VFIO, opened through its group or by its own node.</summary>
internal sealed class KernelBackend : VfioBackend
{
    private readonly FileDescriptorHandle _file;
    private readonly IDisposable? _owned;

    /// <param name="file">The device; the back-end's from now on, also where this throws.</param>
    /// <param name="name">Its address.</param>
    /// <param name="dma">The address space that it is attached to.</param>
    /// <param name="owned">What is disposed after the device is closed; not where this throws.</param>
    internal KernelBackend(FileDescriptorHandle file, string name, DmaSpace dma, IDisposable? owned)
        : base(name, dma)
    {
        _file = file;
        _owned = owned;
        try
        {
            Describe();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override void ReadRegion(int index, ulong offset, Span<byte> data)
    {
        var start = Offsets[index];
        for (var done = 0; done < data.Length;)
        {
            var result = FileCalls.Pread(_file, data[done..], start + offset + (uint)done);
            if (result.Raw <= 0)
            {
                var errno = result.IsError ? result.Errno : Errno.EIO;
                throw VfioErrors.CannotAccess(errno, Name, index, offset, data.Length, write: false);
            }

            done += (int)result.Raw;
        }
    }

    public override void WriteRegion(int index, ulong offset, ReadOnlySpan<byte> data)
    {
        var start = Offsets[index];
        for (var done = 0; done < data.Length;)
        {
            var result = FileCalls.Pwrite(_file, data[done..], start + offset + (uint)done);
            if (result.Raw <= 0)
            {
                var errno = result.IsError ? result.Errno : Errno.EIO;
                throw VfioErrors.CannotAccess(errno, Name, index, offset, data.Length, write: true);
            }

            done += (int)result.Raw;
        }
    }

    public override MappedRegion MapRegion(int index, MappableArea area)
    {
        var result = MemoryMapping.Map(
            _file, Offsets[index] + area.Offset, (nuint)area.Size, GetRegion(index).CanWrite, out var mapping);
        return mapping is null
            ? throw new VfioException(
                result.Errno,
                "mmap",
                $"cannot map {Sizes.Format(area.Size)} at 0x{area.Offset:x} of region {index} of {Name}")
            : new MappedRegion(mapping, area.Offset);
    }

    protected override SysResult Request(uint request, Span<byte> argument) =>
        FileCalls.Ioctl(_file, request, argument);

    protected override void Close()
    {
        _file.Dispose();
        _owned?.Dispose();
    }
}
