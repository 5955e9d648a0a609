namespace Viaduct.Abi;

/// <summary>The MSI-X capability and table, pci_regs.h: offsets in them and bits.</summary>
public static class PciMsix
{
    /// <summary>Message control, 16 bits.</summary>
    public const int PCI_MSIX_FLAGS = 2;

    /// <summary>Control: vectors less one.</summary>
    public const int PCI_MSIX_FLAGS_QSIZE = 0x7FF;

    /// <summary>Control: every vector is masked.</summary>
    public const int PCI_MSIX_FLAGS_MASKALL = 0x4000;

    /// <summary>Control: MSI-X is on.</summary>
    public const int PCI_MSIX_FLAGS_ENABLE = 0x8000;

    /// <summary>Where the table is, 32 bits.</summary>
    public const int PCI_MSIX_TABLE = 4;

    /// <summary>Table: the BAR.</summary>
    public const int PCI_MSIX_TABLE_BIR = 7;

    /// <summary>Table: offset in the BAR.</summary>
    public const uint PCI_MSIX_TABLE_OFFSET = 0xFFFFFFF8;

    /// <summary>Where the pending bits are, 32 bits.</summary>
    public const int PCI_MSIX_PBA = 8;

    /// <summary>Pending bits: the BAR.</summary>
    public const int PCI_MSIX_PBA_BIR = 7;

    /// <summary>Pending bits: offset in the BAR.</summary>
    public const uint PCI_MSIX_PBA_OFFSET = 0xFFFFFFF8;

    /// <summary>Bytes of the capability.</summary>
    public const int PCI_CAP_MSIX_SIZEOF = 12;

    /// <summary>Bytes of a table entry.</summary>
    public const int PCI_MSIX_ENTRY_SIZE = 16;

    /// <summary>Offset in an entry: address, bits 31:0.</summary>
    public const int PCI_MSIX_ENTRY_LOWER_ADDR = 0;

    /// <summary>Offset in an entry: address, bits 63:32.</summary>
    public const int PCI_MSIX_ENTRY_UPPER_ADDR = 4;

    /// <summary>Offset in an entry: data, 32 bits.</summary>
    public const int PCI_MSIX_ENTRY_DATA = 8;

    /// <summary>Offset in an entry: vector control, 32 bits.</summary>
    public const int PCI_MSIX_ENTRY_VECTOR_CTRL = 0xC;

    /// <summary>Vector control: masked.</summary>
    public const int PCI_MSIX_ENTRY_CTRL_MASKBIT = 1;

    /// <summary>Vector control: steering tag.</summary>
    public const uint PCI_MSIX_ENTRY_CTRL_ST = 0xFFFF0000;
}
