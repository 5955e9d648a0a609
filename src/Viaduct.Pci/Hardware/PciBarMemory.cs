using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Pci.Hardware;

/// <summary>
/// Memory behind a BAR, or behind parts of it: one memory file as long as the BAR, mapped here and by clients of vfio-user. A
/// client that has mapped it loads and stores at any time, without the function's gate, and whatever COMMAND, the power state and
/// resets say. What is read from it is hostile: copy it once, then check it.
/// </summary>
/// <remarks>Pages take memory from the first store to them on, whoever stores. Nothing but the BAR's size bounds that. The memory goes with the
/// last who has it: the function, or a client.</remarks>
#pragma warning disable CA1001 // a chip is never disposed, and a model may access its memory as long as there is one: the mapping has a finalizer
public sealed class PciBarMemory
#pragma warning restore CA1001
{
    /// <summary>Bytes of a page: what areas begin and end with.</summary>
    public const int PageSize = 4096;

    private const ulong Largest = 1UL << 40;

    private readonly MemoryMapping _mapping;
    private readonly MappedRegion _region;

    /// <summary>Makes zeroed memory.</summary>
    /// <param name="size">The BAR's bytes: a power of two from 4 KiB to 1 TiB.</param>
    /// <param name="areas">The parts that are memory: whole pages, ascending, disjoint, inside the BAR; none for all of it.</param>
    /// <exception cref="ArgumentException">Size or areas are none of these.</exception>
    /// <exception cref="InsufficientMemoryException">The host has no memory, address space or descriptor for it.</exception>
    public PciBarMemory(ulong size, params IReadOnlyList<PciBarArea> areas)
        : this(Allocate(size, out var result) ?? throw new InsufficientMemoryException($"No memory of {size} bytes for a BAR: {result.Errno}."), areas)
    {
    }

    private PciBarMemory(MemoryMapping mapping, IReadOnlyList<PciBarArea> areas)
    {
        _mapping = mapping;
        _region = new MappedRegion(mapping, 0);
        Areas = areas.Count == 0 ? [new PciBarArea(0, Size)] : [.. areas];
        Check(Areas, Size);
    }

    /// <summary>The BAR's bytes.</summary>
    public ulong Size => _mapping.Length;

    /// <summary>The parts that are memory, ascending.</summary>
    public IReadOnlyList<PciBarArea> Areas { get; }

    /// <summary>The memory file; it stays this object's.</summary>
    internal FileDescriptorHandle File => _mapping.File!;

    /// <summary>Makes zeroed memory for all of a BAR, where the host has it.</summary>
    /// <param name="size">The BAR's bytes: a power of two from 4 KiB to 1 TiB.</param>
    /// <param name="memory">The memory; null where there is no memory, address space or descriptor for it.</param>
    /// <exception cref="ArgumentException">The size is none of these.</exception>
    public static bool TryCreate(ulong size, [NotNullWhen(true)] out PciBarMemory? memory)
    {
        memory = Allocate(size, out _) is { } mapping ? new PciBarMemory(mapping, []) : null;
        return memory is not null;
    }

    /// <summary>True where all of an access is memory.</summary>
    /// <param name="offset">Bytes from the BAR's start.</param>
    /// <param name="length">Bytes; not below zero.</param>
    public bool Contains(ulong offset, int length)
    {
        for (var i = 0; i < Areas.Count; i++)
        {
            var inside = offset - Areas[i].Offset;
            if (inside < Areas[i].Size && (ulong)length <= Areas[i].Size - inside)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One load of just that width.</summary>
    /// <param name="offset">Bytes from the BAR's start; naturally aligned.</param>
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside the BAR, or not aligned.</exception>
    public ulong Read(ulong offset, int width) => width switch
    {
        1 => _region.Read8(offset),
        2 => _region.Read16(offset),
        4 => _region.Read32(offset),
        _ => _region.Read64(offset),
    };

    /// <summary>One store of just that width.</summary>
    /// <param name="offset">Bytes from the BAR's start; naturally aligned.</param>
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">Bits above <paramref name="width"/> are ignored.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside the BAR, or not aligned.</exception>
    public void Write(ulong offset, int width, ulong value)
    {
        switch (width)
        {
            case 1:
                _region.Write8(offset, (byte)value);
                break;
            case 2:
                _region.Write16(offset, (ushort)value);
                break;
            case 4:
                _region.Write32(offset, (uint)value);
                break;
            default:
                _region.Write64(offset, value);
                break;
        }
    }

    /// <summary>The bytes in place, which a client may change meanwhile; accesses by a span have no certain width.</summary>
    /// <param name="offset">Bytes from the BAR's start.</param>
    /// <param name="length">Bytes, all of them in one area.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not in one area.</exception>
    public Span<byte> GetSpan(ulong offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return Contains(offset, length)
            ? _region.GetSpan(offset, length)
            : throw new ArgumentOutOfRangeException(nameof(offset), offset, "Not in one area of the memory.");
    }

    /// <summary>All zero again, for everybody who has it: for resets whose datasheet says so.</summary>
    public void Clear() => _mapping.Clear();

    private static MemoryMapping? Allocate(ulong size, out SysResult result)
    {
        if (!BitOperations.IsPow2(size) || size is < PageSize or > Largest)
        {
            throw new ArgumentException($"A BAR with memory cannot have {size} bytes.", nameof(size));
        }

        result = MemoryMapping.AllocateShared("viaduct-bar", (nuint)size, out var mapping);
        return mapping;
    }

    private static void Check(IReadOnlyList<PciBarArea> areas, ulong size)
    {
        var end = 0UL;
        foreach (var area in areas)
        {
            if (((area.Offset | area.Size) & (PageSize - 1)) != 0 || area.Size == 0 || area.Offset < end || area.Offset >= size
                || area.Size > size - area.Offset)
            {
                throw new ArgumentException($"0x{area.Size:x} bytes at 0x{area.Offset:x} cannot be memory of the BAR.", nameof(areas));
            }

            end = area.Offset + area.Size;
        }
    }
}
