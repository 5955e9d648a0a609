using Viaduct.Iommu.Eeh;
using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <summary>
/// The client's view of configuration space (vfio_pci_config.c): a map says which capability each byte belongs to, the
/// capability's table which bits are the chip's and which a virtual copy's. It lives from the first open to the last
/// close; the device's lock is held in every call.
/// </summary>
internal sealed partial class VfioPciConfig
{
    private readonly VfioPciDevice _device;
    private readonly PciFunction _function;
    private readonly byte[] _map;
    private readonly byte[] _virtual;

    // What firmware gave the BARs, for a chip that lost it (rbar).
    private readonly uint[] _barsAtOpen = new uint[PCI_STD_NUM_BARS];
    private readonly uint _romAtOpen;
    private readonly HostVpd _vpd;
    private readonly bool _hidesIntx;
    private ConfigPermissions? _msi;
    private bool _isUnreachable;

    /// <summary>Reads the chip and builds the map (vfio_config_init).</summary>
    public VfioPciConfig(VfioPciDevice device)
    {
        _device = device;
        _function = device.Function;
        _vpd = new HostVpd(_function);
        _map = new byte[_function.ConfigSize];
        _virtual = new byte[_function.ConfigSize];
        _map.AsSpan(PCI_STD_HEADER_SIZEOF).Fill(ConfigTables.Unassigned);
        _hidesIntx = VfioPciQuirks.HasNoUsableIntx(_function.Identity);
        if (_hidesIntx)
        {
            DisableIntx();
        }

        CopyFromChip(0, PCI_STD_HEADER_SIZEOF);
        if (_hidesIntx)
        {
            _virtual[PCI_INTERRUPT_PIN] = 0;
        }

        if (_function.IsVirtual)
        {
            // What the chip leaves to the physical function's capability, a client finds where it is on others.
            SetVirtual(PCI_VENDOR_ID, 2, _function.Identity.VendorId);
            SetVirtual(PCI_DEVICE_ID, 2, _function.Identity.DeviceId);
            SetVirtual(PCI_INTERRUPT_PIN, 1, 0);
            SetVirtual(PCI_COMMAND, 2, GetVirtual(PCI_COMMAND, 2) | PCI_COMMAND_MEMORY);
        }

        for (var i = 0; i < _barsAtOpen.Length; i++)
        {
            _barsAtOpen[i] = GetVirtual(PCI_BASE_ADDRESS_0 + (4 * i), 4);
        }

        _romAtOpen = GetVirtual(PCI_ROM_ADDRESS, 4);
        MapCapabilities();
        MapExtendedCapabilities();
    }

    /// <summary>256 or 4096 bytes.</summary>
    public int Size => _map.Length;

    /// <summary>COMMAND.MEMORY as the client set it; of a virtual function it means nothing.</summary>
    public bool MemoryEnabled => _function.IsVirtual || (GetVirtual(PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) != 0;

    /// <summary>COMMAND.INTX_DISABLE as the client set it.</summary>
    public bool IntxDisabled => (GetVirtual(PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE) != 0;

    /// <summary>INTERRUPT_PIN as the client sees it.</summary>
    public int InterruptPin => _virtual[PCI_INTERRUPT_PIN];

    /// <summary>The piece that an access begins with: 1, 2 or 4 bytes, aligned, of one capability.</summary>
    /// <param name="position">Below <see cref="Size"/>.</param>
    /// <param name="count">Bytes wanted.</param>
    public ConfigAccess Piece(int position, int count)
    {
        var id = _map[position];
        var same = 1;
        while (((position + same) & 3) != 0 && _map[position + same] == id)
        {
            same++;
        }

        count = Math.Min(count, same);
        var width = count >= 4 && (position & 3) == 0 ? 4 : count >= 2 && (position & 1) == 0 ? 2 : 1;
        var isExtended = position >= PCI_CFG_SPACE_SIZE;
        var permissions = id == PCI_CAP_ID_MSI && !isExtended && _msi is not null
            ? _msi
            : ConfigTables.Find(id, isExtended);
        return new ConfigAccess(position, width, position - StartOf(position, id), permissions);
    }

    /// <summary>Executes a piece of a read.</summary>
    public uint Read(in ConfigAccess access) => access.Permissions.Read(this, access) & access.Mask;

    /// <summary>Executes a piece of a write.</summary>
    public void Write(in ConfigAccess access, uint value)
        => access.Permissions.Write?.Invoke(this, access, value & access.Mask);

    /// <summary>Executes a read of any length, piece by piece.</summary>
    /// <param name="position">The first byte; what follows lies below <see cref="Size"/>.</param>
    /// <param name="bytes">Receives them.</param>
    public void CopyTo(int position, Span<byte> bytes)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var piece = Piece(position + done, bytes.Length - done);
            var value = Read(piece);
            for (var i = 0; i < piece.Count; i++)
            {
                bytes[done++] = (byte)(value >> (8 * i));
            }
        }
    }

    /// <summary>Executes a write of any length, piece by piece.</summary>
    /// <param name="position">The first byte; what follows lies below <see cref="Size"/>.</param>
    /// <param name="bytes">What is written.</param>
    public void CopyFrom(int position, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = Piece(position, bytes.Length);
            var value = 0u;
            for (var i = 0; i < piece.Count; i++)
            {
                value |= (uint)bytes[i] << (8 * i);
            }

            Write(piece, value);
            position += piece.Count;
            bytes = bytes[piece.Count..];
        }
    }

    /// <summary>The chip's bits, and the virtual copy's where they are virtual (vfio_default_config_read).</summary>
    internal static uint ReadDefault(VfioPciConfig config, ConfigAccess access)
    {
        var virtualBits = access.Permissions.Virtual(access);
        var value = config.GetVirtual(access.Position, access.Count) & virtualBits;
        return virtualBits == access.Mask
            ? value
            : value | (config.GetChip(access.Position, access.Count) & ~virtualBits);
    }

    /// <summary>Writable bits go to the virtual copy where they are virtual, and to the chip where not
    /// (vfio_default_config_write).</summary>
    internal static void WriteDefault(VfioPciConfig config, ConfigAccess access, uint value)
    {
        var writable = access.Permissions.Writable(access);
        var virtualBits = writable & access.Permissions.Virtual(access);
        if (virtualBits != 0)
        {
            var old = config.GetVirtual(access.Position, access.Count);
            config.SetVirtual(access.Position, access.Count, (old & ~virtualBits) | (value & virtualBits));
        }

        var chipBits = writable & ~virtualBits;
        if (chipBits != 0)
        {
            var old = config.GetChip(access.Position, access.Count);
            config.SetChip(access.Position, access.Count, (old & ~chipBits) | (value & chipBits));
        }
    }

    /// <summary>The chip's bytes but for the links of the lists (vfio_direct_config_read).</summary>
    internal static uint ReadDirect(VfioPciConfig config, ConfigAccess access)
    {
        var value = config.GetChip(access.Position, access.Count);
        if (access.Position >= PCI_CFG_SPACE_SIZE)
        {
            return access.Offset < 4 ? config.GetVirtual(access.Position, access.Count) : value;
        }

        if (!access.Covers(PCI_CAP_LIST_NEXT))
        {
            return value;
        }

        var shift = 8 * (PCI_CAP_LIST_NEXT - access.Offset);
        var next = config.GetVirtual(access.Start + PCI_CAP_LIST_NEXT, 1);
        return (value & ~(0xffu << shift)) | (next << shift);
    }

    /// <summary>The chip as it is (vfio_raw_config_read).</summary>
    internal static uint ReadRaw(VfioPciConfig config, ConfigAccess access)
        => config.GetChip(access.Position, access.Count);

    /// <summary>The chip as it is (vfio_raw_config_write).</summary>
    internal static void WriteRaw(VfioPciConfig config, ConfigAccess access, uint value)
        => config.SetChip(access.Position, access.Count, value);

    /// <summary>An access since the last call did not come to the chip, because error handling holds it in reset: PCIBIOS_DEVICE_NOT_FOUND.</summary>
    internal bool TakeUnreachable()
    {
        var was = _isUnreachable;
        _isUnreachable = false;
        return was;
    }

    private uint GetChip(int offset, int width)
        => Reaches(EehAccess.LoadConfig) ? _function.ReadConfig(offset, width) : uint.MaxValue;

    private void SetChip(int offset, int width, uint value)
    {
        if (Reaches(EehAccess.StoreConfig))
        {
            _function.WriteConfig(offset, width, value);
        }
    }

    private bool Reaches(EehAccess access)
    {
        if (_device.Endpoint is not { } endpoint)
        {
            return true;
        }

        _isUnreachable |= endpoint.IsConfigBlocked;
        return !endpoint.IsConfigBlocked && endpoint.Passes(access, 0);
    }

    /// <summary>Bytes behind the end, where a damaged list may lead, are zero.</summary>
    private uint GetVirtual(int offset, int width)
    {
        var value = 0u;
        for (var i = 0; i < width && offset + i < _virtual.Length; i++)
        {
            value |= (uint)_virtual[offset + i] << (8 * i);
        }

        return value;
    }

    private void SetVirtual(int offset, int width, uint value)
    {
        for (var i = 0; i < width && offset + i < _virtual.Length; i++)
        {
            _virtual[offset + i] = (byte)(value >> (8 * i));
        }
    }

    private void CopyFromChip(int offset, int length)
    {
        for (var i = 0; i < length; i++)
        {
            _virtual[offset + i] = (byte)GetChip(offset + i, 1);
        }
    }

    /// <summary>vfio_find_cap_start: back over the bytes of the same capability.</summary>
    private int StartOf(int position, byte id)
    {
        // Also of an extended capability whose id is zero, or whose id's low byte is.
        if (id == ConfigTables.Header)
        {
            return 0;
        }

        if (id == ConfigTables.Unassigned)
        {
            return position;
        }

        var first = position >= PCI_CFG_SPACE_SIZE ? PCI_CFG_SPACE_SIZE : PCI_STD_HEADER_SIZEOF;
        while (position > first && _map[position - 1] == id)
        {
            position--;
        }

        return position;
    }
}
