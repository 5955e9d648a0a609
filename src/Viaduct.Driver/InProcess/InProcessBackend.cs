using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Vfio.Devices;

namespace Viaduct.Driver;

/// <summary>
/// A device of a VFIO core in this process. Aligned accesses to BARs of 1, 2, 4 and 8 bytes go to the model as a load or
/// store of a mapped BAR does; everything else is the request that a client of the kernel would make.
/// </summary>
internal sealed class InProcessBackend : VfioBackend
{
    private readonly InProcessCaller _caller;
    private readonly CdevFile _file;
    private readonly IDisposable? _owned;

    /// <param name="caller">The client.</param>
    /// <param name="file">The device, bound and attached; the back-end's from now on, also where this throws.</param>
    /// <param name="dma">The address space that it is attached to.</param>
    /// <param name="owned">What is disposed after the device is closed; not where this throws.</param>
    internal InProcessBackend(InProcessCaller caller, CdevFile file, DmaSpace dma, IDisposable? owned)
        : base(file.Device.Name, dma)
    {
        _caller = caller;
        _file = file;
        _owned = owned;
        try
        {
            Describe(canMap: false);
        }
        catch
        {
            file.Release();
            throw;
        }
    }

    public override void ReadRegion(int index, ulong offset, Span<byte> data)
    {
        if (!IsAccess(index, offset, data.Length))
        {
            ReadFile(index, offset, data);
            return;
        }

        if (!_file.TryLoad(Offsets[index] + offset, data.Length, out var value))
        {
            throw VfioErrors.CannotAccess(Errno.EIO, Name, index, offset, data.Length, write: false);
        }

        switch (data.Length)
        {
            case 1: data[0] = (byte)value; break;
            case 2: BinaryPrimitives.WriteUInt16LittleEndian(data, (ushort)value); break;
            case 4: BinaryPrimitives.WriteUInt32LittleEndian(data, (uint)value); break;
            default: BinaryPrimitives.WriteUInt64LittleEndian(data, value); break;
        }
    }

    public override void WriteRegion(int index, ulong offset, ReadOnlySpan<byte> data)
    {
        if (!IsAccess(index, offset, data.Length))
        {
            WriteFile(index, offset, data);
            return;
        }

        var value = data.Length switch
        {
            1 => data[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(data),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(data),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(data),
        };
        if (!_file.TryStore(Offsets[index] + offset, data.Length, value))
        {
            throw VfioErrors.CannotAccess(Errno.EIO, Name, index, offset, data.Length, write: true);
        }
    }

    public override MappedRegion MapRegion(int index, MappableArea area) => throw new VfioException(
        Errno.ENODEV, "mmap", $"cannot map region {index} of {Name}", "a model in this process has no memory behind its registers");

    protected override SysResult Request(uint request, Span<byte> argument) =>
        _caller.Ioctl(_file, request, argument);

    protected override void Close()
    {
        _file.Release();
        _owned?.Dispose();
    }

    private bool IsAccess(int index, ulong offset, int length)
    {
        if (index >= RegionIndex.BarCount || length is not (1 or 2 or 4 or 8) || (offset & (ulong)(length - 1)) != 0)
        {
            return false;
        }

        var size = GetRegion(index).Size;
        return offset < size && size - offset >= (ulong)length;
    }

    private void ReadFile(int index, ulong offset, Span<byte> data)
    {
        for (var done = 0; done < data.Length;)
        {
            var result = _caller.Read(_file, data[done..], Offsets[index] + offset + (uint)done);
            done += Moved(result, index, offset, data.Length, write: false);
        }
    }

    private void WriteFile(int index, ulong offset, ReadOnlySpan<byte> data)
    {
        for (var done = 0; done < data.Length;)
        {
            var result = _caller.Write(_file, data[done..], Offsets[index] + offset + (uint)done);
            done += Moved(result, index, offset, data.Length, write: true);
        }
    }

    private int Moved(SysResult result, int index, ulong offset, int length, bool write) => result.Raw > 0
        ? (int)result.Raw
        : throw VfioErrors.CannotAccess(
            result.IsError ? result.Errno : Errno.EIO, Name, index, offset, length, write);
}
