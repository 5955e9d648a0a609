namespace Viaduct.Pci.Hardware;

/// <summary>A base address register and what is behind it.</summary>
/// <param name="Index">0-5; a 64-bit BAR takes the next index too.</param>
/// <param name="Kind">Memory or I/O, and how wide its address is.</param>
/// <param name="Size">Bytes, a power of two: at least 16 for memory, 4 for I/O.</param>
/// <param name="Registers">What answers.</param>
public sealed record PciBar(int Index, PciBarKind Kind, ulong Size, IRegisterSpace Registers)
{
    /// <summary>The parts that clients may map, which they are told by a sparse mmap capability; empty for none.
    /// Null, as with the kernel's vfio-pci, for the whole of a memory BAR.</summary>
    public IReadOnlyList<PciBarArea>? MappableAreas { get; init; }

    /// <summary>The parts that are memory, which answers there instead of <see cref="Registers"/>; null for none. Programs under
    /// <c>viaduct run</c> see no difference. Clients of vfio-user map them, whatever <see cref="MappableAreas"/> says.</summary>
    public PciBarMemory? Memory { get; init; }

    /// <summary>Registers whose writes clients of vfio-user may make by an eventfd; empty for none.</summary>
    public IReadOnlyList<PciBarDoorbell> Doorbells { get; init; } = [];

    /// <summary>True where clients may map any of it.</summary>
    public bool IsMappable => !Kind.HasFlag(PciBarKind.Io) && MappableAreas is not { Count: 0 };
}
