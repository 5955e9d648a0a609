using System.Buffers.Binary;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Processes;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.X86;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Tracing;

/// <summary>
/// What a stopped instruction reaches: registers of a mapped BAR, and the program's ordinary memory. Areas are asked from
/// the kernel anew for each trap, since a program maps and unmaps as it likes.
/// </summary>
internal sealed class MmioBus(OpenFileTable files, RunStatistics statistics) : IMmioBus
{
    private SupervisedProcess? _process;
    private VmArea _device;
    private VmArea _memory;
    private VfioFile? _file;

    // Who was met last: a driver that polls meets the same device each time.
    private OpenVfioFile? _met;

    /// <summary>A trap begins: false where the address is none of ours, and the signal the program's own.</summary>
    public bool Begin(SupervisedProcess process, ulong address)
    {
        _process = process;
        _device = default;
        _memory = default;
        _file = null;
        return IsDevice(address);
    }

    public bool IsDevice(ulong address)
    {
        if (Holds(_device, address))
        {
            return true;
        }

        if (Holds(_memory, address) || !_process!.Memory.TryFindArea(address, out var area))
        {
            return false;
        }

        if (Find(area.File) is { } open)
        {
            _device = area;
            _file = open.File;
            return true;
        }

        _memory = area;
        return false;
    }

    public MmioStatus Read(ulong address, Span<byte> data)
    {
        statistics.CountLoad();
        if (!IsDevice(address) || !_file!.TryLoad(PositionOf(address), data.Length, out var value))
        {
            return MmioStatus.BusError;
        }

        switch (data.Length)
        {
            case 1:
                data[0] = (byte)value;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(data, (ushort)value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(data, (uint)value);
                break;
            default:
                BinaryPrimitives.WriteUInt64LittleEndian(data, value);
                break;
        }

        return MmioStatus.Ok;
    }

    public MmioStatus Write(ulong address, ReadOnlySpan<byte> data)
    {
        statistics.CountStore();
        var value = data.Length switch
        {
            1 => data[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(data),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(data),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(data),
        };
        return IsDevice(address) && _file!.TryStore(PositionOf(address), data.Length, value)
            ? MmioStatus.Ok
            : MmioStatus.BusError;
    }

    public bool TryReadMemory(ulong address, Span<byte> data) => _process!.Memory.TryRead(address, data);

    public bool TryWriteMemory(ulong address, ReadOnlySpan<byte> data) => _process!.Memory.TryWrite(address, data);

    private OpenVfioFile? Find(FileIdentity identity)
    {
        if (_met is { IsReleased: false } met && met.Identity == identity)
        {
            return met;
        }

        if (files.Find(identity) is OpenVfioFile found)
        {
            _met = found;
            return found;
        }

        return null;
    }

    private static bool Holds(in VmArea area, ulong address) => address >= area.Start && address < area.End;

    private ulong PositionOf(ulong address) => _device.Offset + (address - _device.Start);
}
