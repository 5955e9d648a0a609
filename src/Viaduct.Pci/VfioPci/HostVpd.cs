using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <summary>
/// Vital Product Data as a host reads and writes it (drivers/pci/vpd.c): through the chip's registers, and only as far as its
/// resources go. The device's lock is held.
/// </summary>
internal sealed class HostVpd(PciFunction function)
{
    private const int MaxSize = PCI_VPD_ADDR_MASK + 1;
    private const int LargeResource = 0x80;
    private const int LargeHeader = 3;
    private const int EndTag = 0x0f;

    private int? _size;

    /// <summary>pci_read_vpd of four bytes: those behind the end are zero.</summary>
    /// <param name="place">The first byte; need not be aligned.</param>
    /// <param name="data">The bytes.</param>
    /// <returns>False where the chip has none, or does not answer.</returns>
    public bool TryRead(int place, out uint data)
    {
        data = 0;
        var size = Size();
        if (size == 0)
        {
            return false;
        }

        for (var i = 0; i < sizeof(uint) && place + i < size; i++)
        {
            if (!TryReadByte(place + i, out var b))
            {
                return false;
            }

            data |= (uint)b << (8 * i);
        }

        return true;
    }

    /// <summary>pci_write_vpd of four bytes.</summary>
    /// <returns>False where they are not aligned, behind the end, or the chip does not take them.</returns>
    public bool TryWrite(int place, uint data)
    {
        if ((place & 3) != 0 || place + sizeof(uint) > Size() || Find() is not { } vpd)
        {
            return false;
        }

        function.WriteConfig(vpd.Offset + PCI_VPD_DATA, 4, data);
        function.WriteConfig(vpd.Offset + PCI_VPD_ADDR, 2, (uint)place | PCI_VPD_ADDR_F);
        return (function.ReadConfig(vpd.Offset + PCI_VPD_ADDR, 2) & PCI_VPD_ADDR_F) == 0;
    }

    private FunctionCapability? Find()
    {
        foreach (var capability in function.Capabilities)
        {
            if (capability.Id == PCI_CAP_ID_VPD)
            {
                return capability;
            }
        }

        return null;
    }

    /// <summary>Our chips are done at once: one that is not never will be.</summary>
    private bool TryReadByte(int place, out byte value)
    {
        value = 0;
        if (Find() is not { } vpd)
        {
            return false;
        }

        function.WriteConfig(vpd.Offset + PCI_VPD_ADDR, 2, (uint)place & ~3u);
        if ((function.ReadConfig(vpd.Offset + PCI_VPD_ADDR, 2) & PCI_VPD_ADDR_F) == 0)
        {
            return false;
        }

        value = (byte)(function.ReadConfig(vpd.Offset + PCI_VPD_DATA, 4) >> (8 * (place & 3)));
        return true;
    }

    /// <summary>pci_vpd_size: the resources up to the end tag; what is damaged ends before the damage. Zero where there is nothing.</summary>
    private int Size()
    {
        if (_size is { } known)
        {
            return known;
        }

        var size = 0;
        while (size < MaxSize && TryReadByte(size, out var tag))
        {
            if (size == 0 && tag is 0 or 0xff)
            {
                break;
            }

            int length;
            if ((tag & LargeResource) == 0)
            {
                length = 1 + (tag & 7);
            }
            else if (TryReadByte(size + 1, out var low) && TryReadByte(size + 2, out var high))
            {
                length = LargeHeader + (low | (high << 8));
            }
            else
            {
                break;
            }

            if (size + length > MaxSize)
            {
                break;
            }

            size += length;
            if ((tag & LargeResource) == 0 && (tag >> 3) == EndTag)
            {
                break;
            }
        }

        _size = size;
        return size;
    }
}
