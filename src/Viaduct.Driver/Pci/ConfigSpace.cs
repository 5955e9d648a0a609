using System.Buffers.Binary;

namespace Viaduct.Driver;

/// <summary>
/// A function's configuration space. Accesses go to the back-end each time; nothing is cached. Registers are little
/// endian and values are this machine's. With the kernel's VFIO a write goes through the kernel's filter: what it does
/// not let through reads back unchanged.
/// </summary>
public sealed class ConfigSpace
{
    private const int CapabilityPointer = 0x34;
    private const int ExtendedStart = 0x100;
    private const ushort StatusCapabilityList = 1 << 4;

    private readonly IDeviceBackend _backend;

    internal ConfigSpace(IDeviceBackend backend)
    {
        _backend = backend;
        Size = (int)Math.Min(backend.GetRegion(RegionIndex.Config).Size, 4096);
    }

    /// <summary>256, or 4,096 for a PCI Express function.</summary>
    public int Size { get; }

    /// <summary>The vendor's number, offset 0.</summary>
    public ushort VendorId => ReadUInt16(0);

    /// <summary>The vendor's number for the device, offset 2.</summary>
    public ushort DeviceId => ReadUInt16(2);

    /// <summary>Class, subclass and programming interface, offset 9: 0x010802 is an NVMe controller.</summary>
    public uint ClassCode => ReadUInt32(8) >> 8;

    /// <summary>The revision, offset 8.</summary>
    public byte RevisionId => ReadByte(8);

    /// <summary>The command register.</summary>
    public PciCommand Command
    {
        get => (PciCommand)ReadUInt16(4);
        set => WriteUInt16(4, (ushort)value);
    }

    /// <summary>Reads one byte.</summary>
    /// <param name="offset">0 to <see cref="Size"/> - 1.</param>
    public byte ReadByte(int offset)
    {
        Span<byte> data = stackalloc byte[1];
        Read(offset, data);
        return data[0];
    }

    /// <summary>Reads two bytes.</summary>
    /// <param name="offset">0 to <see cref="Size"/> - 2.</param>
    public ushort ReadUInt16(int offset)
    {
        Span<byte> data = stackalloc byte[2];
        Read(offset, data);
        return BinaryPrimitives.ReadUInt16LittleEndian(data);
    }

    /// <summary>Reads four bytes.</summary>
    /// <param name="offset">0 to <see cref="Size"/> - 4.</param>
    public uint ReadUInt32(int offset)
    {
        Span<byte> data = stackalloc byte[4];
        Read(offset, data);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    /// <summary>Writes one byte.</summary>
    /// <param name="offset">0 to <see cref="Size"/> - 1.</param>
    /// <param name="value">What to write.</param>
    public void WriteByte(int offset, byte value) => Write(offset, [value]);

    /// <summary>Writes two bytes.</summary>
    /// <param name="offset">0 to <see cref="Size"/> - 2.</param>
    /// <param name="value">What to write.</param>
    public void WriteUInt16(int offset, ushort value)
    {
        Span<byte> data = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(data, value);
        Write(offset, data);
    }

    /// <summary>Writes four bytes.</summary>
    /// <param name="offset">0 to <see cref="Size"/> - 4.</param>
    /// <param name="value">What to write.</param>
    public void WriteUInt32(int offset, uint value)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        Write(offset, data);
    }

    /// <summary>Reads any number of bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not inside the space.</exception>
    /// <exception cref="VfioException">The back-end refused.</exception>
    public void Read(int offset, Span<byte> data)
    {
        CheckRange(offset, data.Length);
        _backend.ReadRegion(RegionIndex.Config, (ulong)offset, data);
    }

    /// <summary>Writes any number of bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not inside the space.</exception>
    /// <exception cref="VfioException">The back-end refused.</exception>
    public void Write(int offset, ReadOnlySpan<byte> data)
    {
        CheckRange(offset, data.Length);
        _backend.WriteRegion(RegionIndex.Config, (ulong)offset, data);
    }

    /// <summary>Lets the device answer memory accesses and start its own: DMA and message signalled interrupts need it,
    /// and VFIO clears it at every open.</summary>
    public void EnableBusMaster() => Command |= PciCommand.Memory | PciCommand.BusMaster;

    /// <summary>Stops the device's DMA and message signalled interrupts.</summary>
    public void DisableBusMaster() => Command &= ~PciCommand.BusMaster;

    /// <summary>The first capability of a kind in the ordinary list.</summary>
    /// <param name="id">See <see cref="PciCapabilityId"/>.</param>
    /// <returns>Null where there is none.</returns>
    public PciCapability? FindCapability(ushort id)
    {
        foreach (var capability in Capabilities())
        {
            if (capability.Id == id)
            {
                return capability;
            }
        }

        return null;
    }

    /// <summary>The first extended capability of a kind (PCI_EXT_CAP_ID_*).</summary>
    /// <returns>Null where there is none.</returns>
    public PciCapability? FindExtendedCapability(ushort id)
    {
        foreach (var capability in ExtendedCapabilities())
        {
            if (capability.Id == id)
            {
                return capability;
            }
        }

        return null;
    }

    /// <summary>The ordinary capability list. A list that a broken device ties into a loop ends where it would
    /// repeat.</summary>
    public IEnumerable<PciCapability> Capabilities()
    {
        if ((ReadUInt16(6) & StatusCapabilityList) == 0)
        {
            yield break;
        }

        ulong seen = 0;
        int offset = ReadByte(CapabilityPointer) & 0xFC;
        while (offset >= 0x40 && (seen & (1UL << (offset / 4))) == 0)
        {
            seen |= 1UL << (offset / 4);
            var header = ReadUInt16(offset);
            if (header == 0xFFFF)
            {
                yield break;
            }

            yield return new PciCapability((byte)header, (ushort)offset, IsExtended: false, Version: 0);
            offset = header >> 8 & 0xFC;
        }
    }

    /// <summary>The extended list; empty for a function without it. Loops end as in
    /// <see cref="Capabilities"/>.</summary>
    public IEnumerable<PciCapability> ExtendedCapabilities()
    {
        var offset = ExtendedStart;

        // Each entry has at least a header and eight bytes, so this many tell a loop.
        var left = (Size - ExtendedStart) / 8;
        while (offset >= ExtendedStart && offset <= Size - 4 && left-- > 0)
        {
            var header = ReadUInt32(offset);
            if (header is 0 or uint.MaxValue)
            {
                yield break;
            }

            var version = (byte)(header >> 16 & 0xF);
            yield return new PciCapability((ushort)header, (ushort)offset, IsExtended: true, version);
            offset = (int)(header >> 20) & 0xFFC;
        }
    }

    private void CheckRange(int offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Size - length);
    }
}
