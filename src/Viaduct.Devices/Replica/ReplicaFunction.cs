using System.Buffers.Binary;
using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Replica;

/// <summary>
/// A function with the face of a card that is somewhere else: its configuration space is a dump of that card's, its BARs are plain
/// memory. Interrupt, power and reset capabilities work as PCI says; it raises no interrupt by itself.
/// </summary>
public sealed partial class ReplicaFunction : DeviceFunction
{
    /// <summary>The name in the catalog.</summary>
    public const string Name = "replica";

    private const int BarCount = 6;
    private const int StatusLive = 0xf908; // errors, and the interrupt line

    private readonly byte[] _config;
    // What is kept of one BAR. A larger one is no memory that clients could map, because they could fill all of it.
    private const ulong LargestMapped = SparseMemory.MostBytes;

    private readonly SparseMemory?[] _memory = new SparseMemory?[BarCount];

    /// <summary>The function after power on.</summary>
    /// <param name="services">What the outside gives it.</param>
    /// <param name="face">What it is made from; <see cref="ReplicaFaceReader"/> has checked it.</param>
    /// <exception cref="ArgumentException">A BAR's size or a capability's place is impossible.</exception>
    public ReplicaFunction(PciServices services, ReplicaFace face)
        : base(Name, IdentityOf(face), services, new RegisterBlock([]), isVirtual: face.VirtualIds is not null)
    {
        _config = new byte[4096];
        face.Config.CopyTo(_config, 0);
        if (face.Config.Length == PCI_STD_HEADER_SIZEOF)
        {
            // Where the list leads to is not in the dump.
            _config[PCI_STATUS] &= unchecked((byte)~PCI_STATUS_CAP_LIST);
            _config[PCI_CAPABILITY_LIST] = 0;
        }

        for (var i = 0; i < BarCount; i++)
        {
            if (face.BarSizes[i] != 0)
            {
                AddBar(NewBar(i, face.KindOf(i), face.BarSizes[i]));
            }
        }

        if (face.Rom is { } rom)
        {
            AddRom(rom);
        }

        AttachCapabilities(face);
        LoadHeader();
        Config.Load(PCI_STD_HEADER_SIZEOF, _config.AsSpan(PCI_STD_HEADER_SIZEOF));
        if (face.Writable is { } writable)
        {
            LimitWrites(writable);
        }

        if (face.Virtual is { } its)
        {
            AddVirtualFunctions(its, face.VirtualSizes);
        }
    }

    /// <inheritdoc/>
    protected override void OnReset(PciResetKind kind)
    {
        for (var i = 0; i < BarCount; i++)
        {
            _memory[i]?.Clear();
            Bars[i]?.Memory?.Clear();
        }
    }

    /// <summary>A BAR of plain memory, which clients may map where it is not too large; those of virtual functions are, because there
    /// can be hundreds.</summary>
    private PciBar NewBar(int index, PciBarKind kind, ulong size)
    {
        var memory = new SparseMemory(
            () => DriverMistake($"BAR{index} of a replica keeps 256 MiB of what is stored; this store is dropped"));
        var canMap = !IsVirtual && !kind.HasFlag(PciBarKind.Io) && size is >= PciBarMemory.PageSize and <= LargestMapped;
        if (canMap && PciBarMemory.TryCreate(size, out var shared))
        {
            return new PciBar(index, kind, size, memory) { Memory = shared };
        }

        _memory[index] = memory;
        return new PciBar(index, kind, size, memory);
    }

    private void AddVirtualFunctions(ReplicaFace face, IReadOnlyList<ulong> sizes)
    {
        var bars = new PciBar?[BarCount];
        for (var i = 0; i < BarCount; i++)
        {
            bars[i] = sizes[i] == 0 ? null : SriovCapability.Bar(i, face.KindOf(i), sizes[i]);
        }

        SetSriov(new SriovCapability(ReplicaFaceReader.FindSriov(_config), bars, (_, services) => new ReplicaFunction(services, face)));
    }

    private static PciIdentity IdentityOf(ReplicaFace face)
    {
        var identity = IdentityOf(face.Config);
        return face.VirtualIds is var (vendor, device) ? identity with { VendorId = vendor, DeviceId = device, InterruptPin = 0 } : identity;
    }

    private static PciIdentity IdentityOf(byte[] config) => new()
    {
        VendorId = BinaryPrimitives.ReadUInt16LittleEndian(config.AsSpan(PCI_VENDOR_ID)),
        DeviceId = BinaryPrimitives.ReadUInt16LittleEndian(config.AsSpan(PCI_DEVICE_ID)),
        Revision = config[PCI_REVISION_ID],
        ClassCode = BinaryPrimitives.ReadUInt32LittleEndian(config.AsSpan(PCI_REVISION_ID)) >> 8,
        SubsystemVendorId = BinaryPrimitives.ReadUInt16LittleEndian(config.AsSpan(PCI_SUBSYSTEM_VENDOR_ID)),
        SubsystemId = BinaryPrimitives.ReadUInt16LittleEndian(config.AsSpan(PCI_SUBSYSTEM_ID)),
        InterruptPin = config[PCI_INTERRUPT_PIN],
    };

    /// <summary>All of the header but what firmware and host set: COMMAND, the BARs, the ROM's, the interrupt line.</summary>
    private void LoadHeader()
    {
        var status = Word(PCI_STATUS) & ~StatusLive;
        BinaryPrimitives.WriteUInt16LittleEndian(_config.AsSpan(PCI_STATUS), (ushort)status);
        Load(PCI_VENDOR_ID, PCI_COMMAND);
        Load(PCI_STATUS, PCI_BASE_ADDRESS_0);
        Load(PCI_CARDBUS_CIS, PCI_ROM_ADDRESS);
        Load(PCI_CAPABILITY_LIST, PCI_INTERRUPT_LINE);
        Load(PCI_INTERRUPT_PIN, PCI_STD_HEADER_SIZEOF);

        void Load(int first, int end) => Config.Load(first, _config.AsSpan(first..end));
    }

    private void LimitWrites(byte[] writable)
    {
        for (var at = 0; at < writable.Length; at++)
        {
            if (at is < PCI_BASE_ADDRESS_0 or >= PCI_ROM_ADDRESS + 4)
            {
                Config.SetWritable(at, writable[at]);
            }

            // What nothing describes is memory.
            if (at >= PCI_STD_HEADER_SIZEOF && writable[at] != 0 && !Capabilities.Any(c => at >= c.Offset && at < c.Offset + c.Length))
            {
                Config.Keep(at, 1);
            }
        }
    }

    private int Word(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_config.AsSpan(offset));
}
