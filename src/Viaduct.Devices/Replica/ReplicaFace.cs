using System.Buffers.Binary;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Replica;

/// <summary>What a replica is made from: all that can be seen of a card from outside.</summary>
/// <param name="Config">Configuration space: 64, 256 or 4096 bytes of a function that is no bridge.</param>
public sealed record ReplicaFace(byte[] Config)
{
    // A list is longer only if it is a loop; Linux' PCI_FIND_CAP_TTL.
    private const int MostCapabilities = 48;

    /// <summary>Bytes of each BAR; zero where there is none, or where the upper half of one is.</summary>
    public IReadOnlyList<ulong> BarSizes { get; init; } = new ulong[6];

    /// <summary>The expansion ROM; null where there is none.</summary>
    public PciRom? Rom { get; init; }

    /// <summary>Vital Product Data, for a card that has the capability.</summary>
    public byte[] Vpd { get; init; } = [];

    /// <summary>For each byte of configuration space the bits that software can write; null where only what PCI says of them is
    /// known.</summary>
    public byte[]? Writable { get; init; }

    /// <summary>Bytes of the BARs of all virtual functions together, by index; zero where there are none.</summary>
    public IReadOnlyList<ulong> VirtualSizes { get; init; } = new ulong[6];

    /// <summary>What each of its virtual functions looks like; null where it has none.</summary>
    public ReplicaFace? Virtual { get; init; }

    /// <summary>The IDs of a virtual function, whose own configuration space has none; null of a physical one.</summary>
    public (ushort Vendor, ushort Device)? VirtualIds { get; init; }

    /// <summary>What a BAR is, by its register.</summary>
    /// <param name="index">0 to 5.</param>
    internal PciBarKind KindOf(int index)
        => VirtualKinds is { } kinds ? kinds[index] : KindAt(0x10 + (4 * index));

    /// <summary>What the BARs of a virtual function are, which its own registers do not say; null of a physical one.</summary>
    internal IReadOnlyList<PciBarKind>? VirtualKinds { get; init; }

    /// <summary>What a BAR is, by its register.</summary>
    /// <param name="offset">Where the register is.</param>
    internal PciBarKind KindAt(int offset)
    {
        var low = Config[offset];
        return (low & 1) != 0
            ? PciBarKind.Io
            : ((low & 6) == (int)PciBarKind.Memory64 ? PciBarKind.Memory64 : PciBarKind.Memory32)
                | (PciBarKind)(low & (int)PciBarKind.Prefetchable);
    }

    /// <summary>The capabilities that a host finds: the first one of each kind, in the order of the list.</summary>
    internal IEnumerable<(byte Id, int Offset)> Capabilities()
    {
        if (Config.Length < PCI_CFG_SPACE_SIZE || (Word(PCI_STATUS) & PCI_STATUS_CAP_LIST) == 0)
        {
            yield break;
        }

        var seen = new HashSet<byte>();
        var at = Config[PCI_CAPABILITY_LIST] & ~3;
        for (var left = MostCapabilities; at >= PCI_STD_HEADER_SIZEOF && left > 0; left--)
        {
            if (seen.Add(Config[at]))
            {
                yield return (Config[at], at);
            }

            at = Config[at + PCI_CAP_LIST_NEXT] & ~3;
        }
    }

    /// <summary>Two bytes of the dump.</summary>
    internal int Word(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(Config.AsSpan(offset));
}
