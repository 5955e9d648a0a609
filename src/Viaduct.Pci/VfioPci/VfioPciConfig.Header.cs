using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <content>The header: COMMAND and the BARs.</content>
internal sealed partial class VfioPciConfig
{
    /// <summary>vfio_basic_config_read.</summary>
    internal static uint ReadHeader(VfioPciConfig config, ConfigAccess access)
    {
        if (IsBar(access.Offset))
        {
            config.FixBars();
        }

        var value = ReadDefault(config, access);
        return access.Offset == PCI_COMMAND && config._function.IsVirtual
            ? value | (config.GetVirtual(PCI_COMMAND, 2) & PCI_COMMAND_MEMORY)
            : value;
    }

    /// <summary>vfio_basic_config_write. Only a piece that begins at COMMAND changes what is enabled; both of its
    /// bytes may change INTX_DISABLE.</summary>
    internal static void WriteHeader(VfioPciConfig config, ConfigAccess access, uint value)
    {
        if (access.Offset == PCI_COMMAND)
        {
            config.RestoreLostBars(value);
        }

        WriteDefault(config, access, value);
        if (access.Offset == PCI_COMMAND)
        {
            const uint Decoding = PCI_COMMAND_MEMORY | PCI_COMMAND_IO;
            var command = (config.GetVirtual(PCI_COMMAND, 2) & ~Decoding) | (value & Decoding);
            config.SetVirtual(PCI_COMMAND, 2, command);
            config._device.AccessChanged();
        }

        if (access.Offset is PCI_COMMAND or (PCI_COMMAND + 1))
        {
            config._device.Interrupts.SetVirtuallyDisabled(config.IntxDisabled);
        }
    }

    private static bool IsBar(int offset)
        => offset is (>= PCI_BASE_ADDRESS_0 and < PCI_BASE_ADDRESS_5 + 4)
            or (>= PCI_ROM_ADDRESS and < PCI_ROM_ADDRESS + 4);

    /// <summary>vfio_bar_fixup: what a client wrote becomes what a chip would show of it, and so tells the BARs'
    /// sizes.</summary>
    private void FixBars()
    {
        for (var i = 0; i < PCI_STD_NUM_BARS; i++)
        {
            var at = PCI_BASE_ADDRESS_0 + (4 * i);
            if (_function.Bars[i] is not { } bar)
            {
                SetVirtual(at, 4, 0);
                continue;
            }

            var mask = ~(bar.Size - 1);
            SetVirtual(at, 4, (GetVirtual(at, 4) & (uint)mask) | (uint)bar.Kind);
            if (bar.Kind.HasFlag(PciBarKind.Memory64))
            {
                i++;
                SetVirtual(at + 4, 4, GetVirtual(at + 4, 4) & (uint)(mask >> 32));
            }
        }

        var rom = _function.Rom is { } there ? (uint)-there.Size | PCI_ROM_ADDRESS_ENABLE : 0;
        SetVirtual(PCI_ROM_ADDRESS, 4, GetVirtual(PCI_ROM_ADDRESS, 4) & rom);
    }

    /// <summary>A chip that the client reset behind our back (by a register of its own) has lost its BARs: they come
    /// back before it decodes again (vfio_need_bar_restore, vfio_bar_restore).</summary>
    private void RestoreLostBars(uint command)
    {
        var chip = GetChip(PCI_COMMAND, 2);
        var enabled = GetVirtual(PCI_COMMAND, 2);

        // The chip of a virtual function has no such bit for memory.
        var bits = _function.IsVirtual ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY | PCI_COMMAND_IO;
        var lost = (command & enabled & ~chip & (uint)bits) != 0;
        for (var i = 0; i < _barsAtOpen.Length && !lost; i++)
        {
            lost = _barsAtOpen[i] != 0 && GetChip(PCI_BASE_ADDRESS_0 + (4 * i), 4) != _barsAtOpen[i];
        }

        for (var i = 0; lost && i < _barsAtOpen.Length; i++)
        {
            SetChip(PCI_BASE_ADDRESS_0 + (4 * i), 4, _barsAtOpen[i]);
        }

        if (lost)
        {
            SetChip(PCI_ROM_ADDRESS, 4, _romAtOpen);
            if (_hidesIntx)
            {
                DisableIntx();
            }
        }
    }

    private void DisableIntx() => SetChip(PCI_COMMAND, 2, GetChip(PCI_COMMAND, 2) | PCI_COMMAND_INTX_DISABLE);
}
