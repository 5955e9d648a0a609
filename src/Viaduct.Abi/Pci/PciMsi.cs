namespace Viaduct.Abi;

/// <summary>The MSI capability, pci_regs.h: offsets in it and bits.</summary>
public static class PciMsi
{
    /// <summary>Message control, 16 bits.</summary>
    public const int PCI_MSI_FLAGS = 2;

    /// <summary>Control: MSI is on.</summary>
    public const int PCI_MSI_FLAGS_ENABLE = 1;

    /// <summary>Control: vectors the function can use, log2.</summary>
    public const int PCI_MSI_FLAGS_QMASK = 0xE;

    /// <summary>Control: vectors it may use, log2.</summary>
    public const int PCI_MSI_FLAGS_QSIZE = 0x70;

    /// <summary>Control: 64-bit addresses.</summary>
    public const int PCI_MSI_FLAGS_64BIT = 0x80;

    /// <summary>Control: vectors can be masked.</summary>
    public const int PCI_MSI_FLAGS_MASKBIT = 0x100;

    /// <summary>Upper byte of message control.</summary>
    public const int PCI_MSI_RFU = 3;

    /// <summary>Address, bits 31:0.</summary>
    public const int PCI_MSI_ADDRESS_LO = 4;

    /// <summary>Address, bits 63:32; 64-bit layout only.</summary>
    public const int PCI_MSI_ADDRESS_HI = 8;

    /// <summary>Data, 16 bits; 32-bit layout.</summary>
    public const int PCI_MSI_DATA_32 = 8;

    /// <summary>Mask bits; 32-bit layout.</summary>
    public const int PCI_MSI_MASK_32 = 0xC;

    /// <summary>Pending bits; 32-bit layout.</summary>
    public const int PCI_MSI_PENDING_32 = 0x10;

    /// <summary>Data, 16 bits; 64-bit layout.</summary>
    public const int PCI_MSI_DATA_64 = 0xC;

    /// <summary>Mask bits; 64-bit layout.</summary>
    public const int PCI_MSI_MASK_64 = 0x10;

    /// <summary>Pending bits; 64-bit layout.</summary>
    public const int PCI_MSI_PENDING_64 = 0x14;
}
