using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// A device's registers or memory. Where the BAR can be mapped, an access is one load or store of the width in the
/// method's name; where it cannot (or not in that place), it is a call of the back-end, of the same width for aligned
/// offsets. Values are this machine's, registers are little endian. Nothing is allocated. The mapping goes away with
/// <see cref="Dispose"/> or with the device: do not use the BAR in another thread meanwhile. A mapped access raises
/// SIGBUS, which ends the process, while the command register's memory bit is clear.
/// </summary>
public sealed class Bar : IDisposable
{
    private readonly IDeviceBackend _backend;
    private readonly MappedRegion[] _mapped;
    private readonly int _index;

    // The largest mapping, tried first; null when nothing is mapped or the BAR is disposed.
    private MappedRegion? _main;
    private bool _disposed;

    internal Bar(IDeviceBackend backend, RegionInfo info)
    {
        _backend = backend;
        _index = info.Index;
        Size = info.Size;
        _mapped = new MappedRegion[info.MappableAreas.Count];
        for (var i = 0; i < _mapped.Length; i++)
        {
            try
            {
                _mapped[i] = backend.MapRegion(info.Index, info.MappableAreas[i]);
            }
            catch
            {
                Array.ForEach(_mapped[..i], static region => region.Dispose());
                throw;
            }
        }

        _main = _mapped.MaxBy(static region => region.Length);
    }

    /// <summary>The BAR's number, 0 to 5.</summary>
    public int Index => _index;

    /// <summary>Bytes.</summary>
    public ulong Size { get; }

    /// <summary>True where every access is a load or store.</summary>
    public bool IsMapped => _main?.Length >= Size;

    /// <summary>Reads one byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Read8(ulong offset) =>
        _main is { } main && main.Contains(offset, 1) ? main.Read8(offset) : Slow8(offset);

    /// <summary>Reads two bytes.</summary>
    /// <param name="offset">Aligned to 2.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort Read16(ulong offset) =>
        _main is { } main && main.Contains(offset, 2) ? main.Read16(offset) : Slow16(offset);

    /// <summary>Reads four bytes.</summary>
    /// <param name="offset">Aligned to 4.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read32(ulong offset) =>
        _main is { } main && main.Contains(offset, 4) ? main.Read32(offset) : Slow32(offset);

    /// <summary>Reads eight bytes.</summary>
    /// <param name="offset">Aligned to 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read64(ulong offset) =>
        _main is { } main && main.Contains(offset, 8) ? main.Read64(offset) : Slow64(offset);

    /// <summary>Writes one byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write8(ulong offset, byte value)
    {
        if (_main is { } main && main.Contains(offset, 1))
        {
            main.Write8(offset, value);
        }
        else
        {
            SlowWrite(offset, value, 1);
        }
    }

    /// <summary>Writes two bytes.</summary>
    /// <param name="offset">Aligned to 2.</param>
    /// <param name="value">What to write.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write16(ulong offset, ushort value)
    {
        if (_main is { } main && main.Contains(offset, 2))
        {
            main.Write16(offset, value);
        }
        else
        {
            SlowWrite(offset, value, 2);
        }
    }

    /// <summary>Writes four bytes.</summary>
    /// <param name="offset">Aligned to 4.</param>
    /// <param name="value">What to write.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write32(ulong offset, uint value)
    {
        if (_main is { } main && main.Contains(offset, 4))
        {
            main.Write32(offset, value);
        }
        else
        {
            SlowWrite(offset, value, 4);
        }
    }

    /// <summary>Writes eight bytes.</summary>
    /// <param name="offset">Aligned to 8.</param>
    /// <param name="value">What to write.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write64(ulong offset, ulong value)
    {
        if (_main is { } main && main.Contains(offset, 8))
        {
            main.Write64(offset, value);
        }
        else
        {
            SlowWrite(offset, value, 8);
        }
    }

    /// <summary>Part of a mapped BAR as memory, for BARs that are memory: a span's accesses have no certain width or
    /// order.
    /// </summary>
    /// <exception cref="InvalidOperationException">That part cannot be mapped: see <see cref="IsMapped"/>.</exception>
    public Span<byte> GetSpan(ulong offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return Find(offset, (uint)length) is { } region
            ? region.GetSpan(offset, length)
            : throw new InvalidOperationException(
                $"BAR {_index} of {_backend.Name} is not mapped at 0x{offset:x} + {length}: use Read and Write.");
    }

    /// <summary>Unmaps the BAR.</summary>
    public void Dispose()
    {
        _disposed = true;
        _main = null;
        Array.ForEach(_mapped, static region => region.Dispose());
    }

    private MappedRegion? Find(ulong offset, uint width)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var region in _mapped)
        {
            if (region.Contains(offset, width))
            {
                return region;
            }
        }

        return null;
    }

    private byte Slow8(ulong offset)
    {
        if (Find(offset, 1) is { } region)
        {
            return region.Read8(offset);
        }

        Span<byte> data = stackalloc byte[1];
        Read(offset, data);
        return data[0];
    }

    private ushort Slow16(ulong offset)
    {
        if (Find(offset, 2) is { } region)
        {
            return region.Read16(offset);
        }

        Span<byte> data = stackalloc byte[2];
        Read(offset, data);
        return BinaryPrimitives.ReadUInt16LittleEndian(data);
    }

    private uint Slow32(ulong offset)
    {
        if (Find(offset, 4) is { } region)
        {
            return region.Read32(offset);
        }

        Span<byte> data = stackalloc byte[4];
        Read(offset, data);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    private ulong Slow64(ulong offset)
    {
        if (Find(offset, 8) is { } region)
        {
            return region.Read64(offset);
        }

        Span<byte> data = stackalloc byte[8];
        Read(offset, data);
        return BinaryPrimitives.ReadUInt64LittleEndian(data);
    }

    private void SlowWrite(ulong offset, ulong value, int width)
    {
        switch (Find(offset, (uint)width), width)
        {
            case ({ } region, 1): region.Write8(offset, (byte)value); return;
            case ({ } region, 2): region.Write16(offset, (ushort)value); return;
            case ({ } region, 4): region.Write32(offset, (uint)value); return;
            case ({ } region, _): region.Write64(offset, value); return;
        }

        CheckAccess(offset, (uint)width);
        Span<byte> data = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        _backend.WriteRegion(_index, offset, data[..width]);
    }

    private void Read(ulong offset, Span<byte> data)
    {
        CheckAccess(offset, (uint)data.Length);
        _backend.ReadRegion(_index, offset, data);
    }

    // As strict as a mapping, so that a driver does not depend on which kind of BAR it met.
    private void CheckAccess(ulong offset, uint width)
    {
        if (offset >= Size || Size - offset < width || (offset & (width - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset),
                $"0x{offset:x} + {width} is not aligned to its width or not in BAR {_index}'s {Size} bytes.");
        }
    }
}
