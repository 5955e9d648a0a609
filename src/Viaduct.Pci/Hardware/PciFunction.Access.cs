namespace Viaduct.Pci.Hardware;

/// <content>What the bus does to the function: configuration and BAR accesses, resets.</content>
public abstract partial class PciFunction
{
    private const int StatusErrors = PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT | PCI_STATUS_REC_TARGET_ABORT
        | PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY;

    private const int CommandWritable = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR
        | PCI_COMMAND_INTX_DISABLE;

    /// <summary>COMMAND.MEMORY, in D0: memory BARs answer.</summary>
    public bool MemoryDecoded => IsPowered && (IsVirtual || (Command & PCI_COMMAND_MEMORY) != 0);

    /// <summary>COMMAND.IO, in D0: I/O BARs answer.</summary>
    public bool IoDecoded => IsPowered && (Command & PCI_COMMAND_IO) != 0;

    /// <summary>True in D0, false in D3hot.</summary>
    public bool IsPowered => _power?.IsPowered ?? true;

    internal bool CanMaster => Dma.BusMaster;

    private uint Command => Config.Read(PCI_COMMAND, 2);

    /// <summary>A configuration read. Bytes outside configuration space are all ones.</summary>
    /// <param name="offset">Bytes from the start; need not be aligned.</param>
    /// <param name="width">1 to 4 bytes.</param>
    public uint ReadConfig(int offset, int width)
    {
        lock (Gate)
        {
            return Config.Read(offset, width);
        }
    }

    /// <summary>A configuration write, cut into naturally aligned ones.</summary>
    /// <param name="offset">Bytes from the start; need not be aligned.</param>
    /// <param name="width">1 to 4 bytes.</param>
    /// <param name="value">Read-only bits are ignored.</param>
    public void WriteConfig(int offset, int width, uint value)
    {
        lock (Gate)
        {
            while (width > 0)
            {
                var part = AlignedPart((ulong)offset, width, 4);
                WriteConfigAligned(offset, part, part == 4 ? value : value & ((1u << (8 * part)) - 1));
                offset += part;
                width -= part;
                value = part == 4 ? 0 : value >> (8 * part);
            }
        }
    }

    /// <summary>A load from a BAR, whether it is decoded or not; cut into naturally aligned ones. Behind the BAR's
    /// end, and where there is no BAR, all ones.</summary>
    /// <param name="index">0-5.</param>
    /// <param name="offset">Bytes from the BAR's start; need not be aligned.</param>
    /// <param name="width">1 to 8 bytes.</param>
    public ulong ReadBar(int index, ulong offset, int width)
    {
        lock (Gate)
        {
            return ReadBarLocked(index, offset, width);
        }
    }

    /// <summary>A store to a BAR, whether it is decoded or not; cut into naturally aligned ones. Behind the BAR's end
    /// it is dropped.</summary>
    /// <param name="index">0-5.</param>
    /// <param name="offset">Bytes from the BAR's start; need not be aligned.</param>
    /// <param name="width">1 to 8 bytes.</param>
    /// <param name="value">Bits above <paramref name="width"/> are ignored.</param>
    public void WriteBar(int index, ulong offset, int width, ulong value)
    {
        lock (Gate)
        {
            WriteBarLocked(index, offset, width, value);
        }
    }

    /// <summary>Resets configuration registers, capabilities and the model.</summary>
    public void Reset(PciResetKind kind)
    {
        lock (Gate)
        {
            ResetLocked(kind);
        }
    }

    internal ulong ReadBarLocked(int index, ulong offset, int width)
    {
        if ((offset & (ulong)(width - 1)) == 0 && width is 1 or 2 or 4 or 8)
        {
            return ReadBarAligned(index, offset, width);
        }

        var value = 0UL;
        for (var done = 0; done < width;)
        {
            var part = AlignedPart(offset + (ulong)done, width - done, 8);
            value |= ReadBarAligned(index, offset + (ulong)done, part) << (8 * done);
            done += part;
        }

        return value;
    }

    internal void WriteBarLocked(int index, ulong offset, int width, ulong value)
    {
        for (var done = 0; done < width;)
        {
            var part = AlignedPart(offset + (ulong)done, width - done, 8);
            WriteBarAligned(index, offset + (ulong)done, part, (value >> (8 * done)) & Mask(part));
            done += part;
        }
    }

    internal void ResetLocked(PciResetKind kind)
    {
        Config.Reset();
        foreach (var capability in _capabilities)
        {
            capability.Reset(kind);
        }

        SetIntx(asserted: false);
        OnReset(kind);
        StateChanged();
    }

    private static ulong Mask(int width) => ulong.MaxValue >> (64 - (8 * width));

    /// <summary>The largest naturally aligned access at an offset that is not wider than what is left.</summary>
    private static int AlignedPart(ulong offset, int left, int widest)
    {
        var part = widest;
        while (part > left || (offset & (ulong)(part - 1)) != 0)
        {
            part >>= 1;
        }

        return part;
    }

    private ulong ReadBarAligned(int index, ulong offset, int width)
    {
        if (_bars[index] is not { } bar || offset >= bar.Size)
        {
            return Mask(width);
        }

        return _msix is not null && _msix.TryRead(index, offset, width, out var value)
            ? value
            : bar.Memory is { } memory && memory.Contains(offset, width)
                ? memory.Read(offset, width)
                : bar.Registers.Read(offset, width) & Mask(width);
    }

    private void WriteBarAligned(int index, ulong offset, int width, ulong value)
    {
        if (_bars[index] is not { } bar || offset >= bar.Size)
        {
            return;
        }

        if (_msix is not null && _msix.TryWrite(index, offset, width, value))
        {
            return;
        }

        if (bar.Memory is { } memory && memory.Contains(offset, width))
        {
            memory.Write(offset, width, value);
        }
        else
        {
            bar.Registers.Write(offset, width, value);
        }
    }

    private void WriteConfigAligned(int offset, int width, uint value)
    {
        Config.Write(offset, width, value);
        if (offset < PCI_STD_HEADER_SIZEOF)
        {
            if (offset < PCI_COMMAND + 2 && offset + width > PCI_COMMAND)
            {
                StateChanged();
            }

            return;
        }

        foreach (var capability in _capabilities)
        {
            var first = offset - capability.Offset;
            if (first < capability.Length && first + width > 0)
            {
                capability.Written(first, first + width - 1, value);
                StateChanged();
                return;
            }
        }
    }

    /// <summary>COMMAND, the power state or a capability's masks may be others: what hangs on them follows.</summary>
    private void StateChanged()
    {
        Dma.BusMaster = IsPowered && (MastersAlways || (Command & PCI_COMMAND_MASTER) != 0);
        UpdateIntx();
        _msi?.SendPending();
        _msix?.SendPending();
    }
}
