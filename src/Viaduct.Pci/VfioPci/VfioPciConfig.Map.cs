namespace Viaduct.Pci.VfioPci;

/// <content>The walk over the chip's capability lists, and the lengths of capabilities that vary.</content>
internal sealed partial class VfioPciConfig
{
    // A list cannot have more entries than there are dwords for them; what is longer is a loop.
    private const int MaxCapabilities = (PCI_CFG_SPACE_SIZE - PCI_STD_HEADER_SIZEOF) / PCI_CAP_SIZEOF;
    private const int MaxExtendedCapabilities = (PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE) / PCI_CAP_SIZEOF;
    private const uint ExtendedNextMask = 0xffcu << 20;

    // Registers that decide lengths; offsets in their capabilities (PCI 3.0, PCIe 3.0, HyperTransport 3.1, SATA 1.3).
    private const int PciXCommand = 2;
    private const int PciXVersionMask = 0x3000;
    private const int HyperTransportType = 3;
    private const int HyperTransportShortMask = 0xe0;
    private const int SataRegisters = 4;
    private const int SataInline = 0xf;
    private const int VendorHeader = 4;
    private const int VendorLengthShift = 20;

    private bool _hasExtended;

    /// <summary>vfio_cap_init: capabilities that are hidden leave the list.</summary>
    private void MapCapabilities()
    {
        if ((GetChip(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST) == 0)
        {
            return;
        }

        var link = PCI_CAPABILITY_LIST;
        var position = (int)GetChip(PCI_CAPABILITY_LIST, 1);
        var shown = 0;
        for (var left = MaxCapabilities; position != 0 && left > 0; left--)
        {
            var id = (int)GetChip(position, 1);
            var next = (int)GetChip(position + PCI_CAP_LIST_NEXT, 1);
            var length = LengthOf(id, position);
            if (length == 0)
            {
                SetVirtual(link, 1, (uint)next);
            }
            else
            {
                Take(position, length, (byte)id);
                link = position + PCI_CAP_LIST_NEXT;
                shown++;
            }

            position = next;
        }

        if (shown == 0)
        {
            SetVirtual(PCI_STATUS, 2, GetVirtual(PCI_STATUS, 2) & ~(uint)PCI_STATUS_CAP_LIST);
        }
    }

    /// <summary>vfio_ecap_init: as above, but that the first one has to stay as an anchor, without its id.</summary>
    private void MapExtendedCapabilities()
    {
        if (!_hasExtended)
        {
            return;
        }

        var link = 0;
        var position = PCI_CFG_SPACE_SIZE;
        var shown = 0;
        for (var left = MaxExtendedCapabilities; position >= PCI_CFG_SPACE_SIZE && left > 0; left--)
        {
            var header = GetChip(position, 4);
            var id = (int)(header & 0xffff);
            var next = (int)((header & ExtendedNextMask) >> 20);
            var length = ExtendedLengthOf(id, position);
            if (length != 0)
            {
                Take(position, length, (byte)id);
                link = position;
                shown++;
            }
            else if (link != 0)
            {
                SetVirtual(link, 4, (GetVirtual(link, 4) & ~ExtendedNextMask) | ((uint)next << 20));
            }
            else
            {
                Take(position, PCI_CAP_SIZEOF, (byte)id);
                SetVirtual(position, 4, header & ExtendedNextMask);
                link = position;
            }

            position = next;
        }

        if (shown == 0)
        {
            SetVirtual(PCI_CFG_SPACE_SIZE, 4, 0);
        }
    }

    private void Take(int position, int length, byte id)
    {
        _map.AsSpan(position, length).Fill(id);
        CopyFromChip(position, length);
        if (id == PCI_CAP_ID_PM && position < PCI_CFG_SPACE_SIZE)
        {
            HideWakeups(position);
        }
    }

    /// <summary>Bytes of a capability; 0 where it is hidden. A chip may claim more than there is.</summary>
    private int LengthOf(int id, int position)
    {
        var length = ConfigTables.Length(id);
        length = length == ConfigTables.Variable ? VariableLength(id, position) : length;
        return Math.Min(length, PCI_CFG_SPACE_SIZE - position);
    }

    /// <summary>Bytes of an extended capability; 0 where it is hidden.</summary>
    private int ExtendedLengthOf(int id, int position)
    {
        var length = ConfigTables.ExtendedLength(id);
        length = length == ConfigTables.Variable ? ExtendedVariableLength(id, position) : length;
        return Math.Min(length, Size - position);
    }

    /// <summary>vfio_update_pm_vconfig_bytes: a client's driver could not hear a PME.</summary>
    private void HideWakeups(int position)
    {
        var pmc = GetVirtual(position + PCI_PM_PMC, 2) & ~(uint)PCI_PM_CAP_PME_MASK;
        var control = GetVirtual(position + PCI_PM_CTRL, 2) & ~(uint)(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS);
        SetVirtual(position + PCI_PM_PMC, 2, pmc);
        SetVirtual(position + PCI_PM_CTRL, 2, control);
    }

    /// <summary>vfio_cap_len.</summary>
    private int VariableLength(int id, int position)
    {
        switch (id)
        {
            case PCI_CAP_ID_MSI:
                return MsiLength(position);
            case PCI_CAP_ID_PCIX:
                if ((GetChip(position + PciXCommand, 2) & PciXVersionMask) == 0)
                {
                    return 8;
                }

                FindExtended();
                return 24;
            case PCI_CAP_ID_VNDR:
                return (int)GetChip(position + PCI_CAP_FLAGS, 1);
            case PCI_CAP_ID_EXP:
                FindExtended();
                return ExpressLength(GetChip(position + PCI_EXP_FLAGS, 2));
            case PCI_CAP_ID_HT:
                return (GetChip(position + HyperTransportType, 1) & HyperTransportShortMask) == 0 ? 28 : 8;
            case PCI_CAP_ID_SATA:
                return (GetChip(position + SataRegisters, 1) & SataInline) == SataInline ? 16 : 8;
            default:
                return 0;
        }
    }

    private int MsiLength(int position)
    {
        var flags = (int)GetChip(position + PCI_MSI_FLAGS, 2);
        var length = 10 + ((flags & PCI_MSI_FLAGS_64BIT) != 0 ? 4 : 0)
            + ((flags & PCI_MSI_FLAGS_MASKBIT) != 0 ? 10 : 0);
        _msi ??= ConfigTables.Msi(length, flags);
        return length;
    }

    private static int ExpressLength(uint flags)
    {
        var isIntegrated = (flags & PCI_EXP_FLAGS_TYPE) >> 4 == PCI_EXP_TYPE_RC_END;
        return (flags & PCI_EXP_FLAGS_VERS) == 1
            ? isIntegrated ? PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V1 : PCI_CAP_EXP_ENDPOINT_SIZEOF_V1
            : isIntegrated ? PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V2 : PCI_CAP_EXP_ENDPOINT_SIZEOF_V2;
    }

    private void FindExtended() => _hasExtended = Size > PCI_CFG_SPACE_SIZE && GetChip(PCI_CFG_SPACE_SIZE, 4) != 0;

    /// <summary>vfio_ext_cap_len.</summary>
    private int ExtendedVariableLength(int id, int position)
    {
        switch (id)
        {
            case PCI_EXT_CAP_ID_VNDR:
            case PCI_EXT_CAP_ID_DVSEC:
                return (int)(GetChip(position + VendorHeader, 4) >> VendorLengthShift);
            case PCI_EXT_CAP_ID_VC:
            case PCI_EXT_CAP_ID_VC9:
            case PCI_EXT_CAP_ID_MFVC:
                return VirtualChannelLength(position);
            case PCI_EXT_CAP_ID_ACS:
                return AccessControlLength(position);
            case PCI_EXT_CAP_ID_REBAR:
                return 4 + ((int)((GetChip(position + PCI_REBAR_CTRL, 1) & 0xe0) >> 5) * 8);
            case PCI_EXT_CAP_ID_DPA:
                return 16 + (int)(GetChip(position + 4, 1) & 0x1f) + 1;
            case PCI_EXT_CAP_ID_TPH:
                return ProcessingHintsLength(position);
            default:
                return 0;
        }
    }

    /// <summary>vfio_vc_cap_len: the arbitration table is behind the channels (PCIe 3.0, 7.11).</summary>
    private int VirtualChannelLength(int position)
    {
        var channels = 1 + (int)(GetChip(position + 4, 4) & 7);
        var phases = (GetChip(position + 8, 4) & 0xf) switch
        {
            >= 8 => 128,
            >= 4 => 64,
            >= 2 => 32,
            _ => 0,
        };
        var length = 16 + (channels * 12);
        return phases == 0 ? length : ((length + 15) & ~15) + (phases * 4 / 8);
    }

    /// <summary>The egress control vector is there where its bit says so, 256 bits where its size is 0 (PCIe 3.0,
    /// 7.16).</summary>
    private int AccessControlLength(int position)
    {
        const uint EgressControl = 0x20;
        if ((GetChip(position + PCI_ACS_CAP, 1) & EgressControl) == 0)
        {
            return 8;
        }

        var bits = (int)GetChip(position + PCI_ACS_CAP + 1, 1);
        return 8 + ((bits == 0 ? 256 : (bits + 31) & ~31) / 8);
    }

    /// <summary>The steering tags are in the capability where its location field says so (PCIe 3.0, 7.26).</summary>
    private int ProcessingHintsLength(int position)
    {
        const int InCapability = 0x200;
        const int LocationMask = 0x600;
        var capability = GetChip(position + 4, 4);
        return (capability & LocationMask) == InCapability
            ? 12 + ((int)((capability >> 16) & 0x7ff) * 2) + 2
            : 12;
    }
}
