using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Viaduct.Linux;

/// <summary>
/// Device registers, or memory shared with a device, in this process's address space. Every access is one load or store
/// of exactly the width asked for, little endian, never merged, split or left out, and in program order; it allocates
/// nothing. Offsets count from the region's start, not the mapping's, since only part of a region may be mappable.
/// Disposing while another thread is inside an access is the caller's mistake, as with any mapping.
/// </summary>
public sealed unsafe class MappedRegion : IDisposable
{
    private readonly MemoryMapping _mapping;
    private readonly ulong _start;
    private readonly bool _ownsMapping;
    private byte* _base;
    private ulong _length;

    /// <summary>Gives access to a mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="start">The offset in the region of the mapping's first byte.</param>
    /// <param name="ownsMapping">True unmaps it with this; false leaves that to the caller, who does it later.</param>
    public MappedRegion(MemoryMapping mapping, ulong start, bool ownsMapping = true)
    {
        _mapping = mapping;
        _ownsMapping = ownsMapping;
        _start = start;
        _base = (byte*)mapping.Address;
        _length = mapping.Length;
    }

    /// <summary>The region's offset of the first mapped byte.</summary>
    public ulong Start => _start;

    /// <summary>How many bytes are mapped; 0 once disposed.</summary>
    public ulong Length => _length;

    /// <summary>True where all of the access is mapped.</summary>
    /// <param name="offset">Offset in the region.</param>
    /// <param name="width">Bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(ulong offset, uint width)
    {
        var at = unchecked(offset - _start);
        return at < _length && _length - at >= width;
    }

    /// <summary>Loads one byte.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the mapping.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Read8(ulong offset)
    {
        var value = Volatile.Read(ref *Locate(offset, 1));
        return Loaded(value);
    }

    /// <summary>Loads two bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the mapping, or not aligned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort Read16(ulong offset)
    {
        var value = Volatile.Read(ref *(ushort*)Locate(offset, 2));
        return LittleEndian.Swap(Loaded(value));
    }

    /// <summary>Loads four bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the mapping, or not aligned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read32(ulong offset)
    {
        var value = Volatile.Read(ref *(uint*)Locate(offset, 4));
        return LittleEndian.Swap(Loaded(value));
    }

    /// <summary>Loads eight bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the mapping, or not aligned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read64(ulong offset)
    {
        var value = Volatile.Read(ref *(ulong*)Locate(offset, 8));
        return LittleEndian.Swap(Loaded(value));
    }

    /// <summary>Stores one byte.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the mapping.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write8(ulong offset, byte value)
    {
        var target = Locate(offset, 1);
        BeforeStore();
        Volatile.Write(ref *target, value);
        GC.KeepAlive(this);
    }

    /// <summary>Stores two bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the mapping, or not aligned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write16(ulong offset, ushort value)
    {
        var target = (ushort*)Locate(offset, 2);
        BeforeStore();
        Volatile.Write(ref *target, LittleEndian.Swap(value));
        GC.KeepAlive(this);
    }

    /// <summary>Stores four bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the mapping, or not aligned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write32(ulong offset, uint value)
    {
        var target = (uint*)Locate(offset, 4);
        BeforeStore();
        Volatile.Write(ref *target, LittleEndian.Swap(value));
        GC.KeepAlive(this);
    }

    /// <summary>Stores eight bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the mapping, or not aligned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write64(ulong offset, ulong value)
    {
        var target = (ulong*)Locate(offset, 8);
        BeforeStore();
        Volatile.Write(ref *target, LittleEndian.Swap(value));
        GC.KeepAlive(this);
    }

    /// <summary>Part of the region as ordinary memory: for a BAR that is memory. A span's accesses have no certain
    /// width.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the mapping.</exception>
    public Span<byte> GetSpan(ulong offset, int length)
    {
        ObjectDisposedException.ThrowIf(_length == 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return Contains(offset, (uint)length)
            ? _mapping.GetSpan((nuint)(offset - _start), length)
            : throw new ArgumentOutOfRangeException(nameof(offset), offset, "Outside the mapped part of the region.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _length = 0;
        _base = null;
        if (_ownsMapping)
        {
            _mapping.Dispose();
        }
    }

    // Elsewhere than on x86 a store to a device can overtake an earlier store to memory that the device will read.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BeforeStore()
    {
        if (!X86Base.IsSupported)
        {
            Interlocked.MemoryBarrier();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Locate(ulong offset, uint width)
    {
        if (!Contains(offset, width) || (offset & (width - 1)) != 0)
        {
            ThrowOutside(offset, width);
        }

        return _base + (offset - _start);
    }

    // The mapping must live until the load is done, although the pointer was read from this long before.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Loaded<T>(T value)
    {
        if (!X86Base.IsSupported)
        {
            Interlocked.MemoryBarrier();
        }

        GC.KeepAlive(this);
        return value;
    }

    [DoesNotReturn]
    private void ThrowOutside(ulong offset, uint width)
    {
        ObjectDisposedException.ThrowIf(_length == 0, this);
        throw new ArgumentOutOfRangeException(
            nameof(offset),
            $"0x{offset:x} + {width} is not aligned to its width or not in the mapped part, "
            + $"0x{_start:x} to 0x{_start + _length - 1:x}.");
    }
}
