using System.Buffers.Binary;

namespace Viaduct.Pci.Hardware;

/// <summary>
/// Vital Product Data, PCI 3.0, appendix I: an address written with its flag clear fetches four bytes and sets the flag, one
/// written with its flag set stores them and clears it. The chip is done as soon as it is asked.
/// </summary>
/// <param name="content">What is stored, at most 32 KiB; the capability writes into it. Behind its end nothing is: a transfer there
/// never ends, as of a chip without its memory.</param>
public sealed class VpdCapability(byte[] content) : FunctionCapability(PCI_CAP_ID_VPD, PCI_CAP_VPD_SIZEOF)
{
    /// <inheritdoc/>
    protected override void Declare(PciConfigSpace config)
    {
        config.Declare(Offset + PCI_VPD_ADDR, 2, 0, 0xffff);
        config.Declare(Offset + PCI_VPD_DATA, 4, 0, uint.MaxValue);
    }

    /// <inheritdoc/>
    protected internal override void Written(int first, int last, uint value)
    {
        var register = Get(PCI_VPD_ADDR, 2);
        var at = (int)(register & PCI_VPD_ADDR_MASK & ~3u);
        if (!Covers(first, last, PCI_VPD_ADDR + 1, 1) || at + sizeof(uint) > content.Length)
        {
            return;
        }

        var bytes = content.AsSpan(at, sizeof(uint));
        if ((register & PCI_VPD_ADDR_F) != 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, Get(PCI_VPD_DATA, 4));
        }
        else
        {
            Function.Config.Set(Offset + PCI_VPD_DATA, 4, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
        }

        Function.Config.Set(Offset + PCI_VPD_ADDR, 2, register ^ PCI_VPD_ADDR_F);
    }
}
