namespace Viaduct.Abi;

/// <summary>Conventional capabilities, pci_regs.h: ids and the head that all of them have.</summary>
public static class PciCapability
{
    /// <summary>Offset in a capability: its id, 8 bits.</summary>
    public const int PCI_CAP_LIST_ID = 0;

    /// <summary>Offset in a capability: offset of the next one, 8 bits, 0 ends the list.</summary>
    public const int PCI_CAP_LIST_NEXT = 1;

    /// <summary>Offset in a capability: its first own register.</summary>
    public const int PCI_CAP_FLAGS = 2;

    /// <summary>Least bytes of a capability.</summary>
    public const int PCI_CAP_SIZEOF = 4;

    /// <summary>Power management.</summary>
    public const int PCI_CAP_ID_PM = 1;

    /// <summary>Accelerated graphics port.</summary>
    public const int PCI_CAP_ID_AGP = 2;

    /// <summary>Vital product data.</summary>
    public const int PCI_CAP_ID_VPD = 3;

    /// <summary>Slot identification.</summary>
    public const int PCI_CAP_ID_SLOTID = 4;

    /// <summary>Message signalled interrupts.</summary>
    public const int PCI_CAP_ID_MSI = 5;

    /// <summary>CompactPCI hot swap.</summary>
    public const int PCI_CAP_ID_CHSWP = 6;

    /// <summary>PCI-X.</summary>
    public const int PCI_CAP_ID_PCIX = 7;

    /// <summary>HyperTransport.</summary>
    public const int PCI_CAP_ID_HT = 8;

    /// <summary>Vendor specific.</summary>
    public const int PCI_CAP_ID_VNDR = 9;

    /// <summary>Debug port.</summary>
    public const int PCI_CAP_ID_DBG = 0xA;

    /// <summary>CompactPCI central resource control.</summary>
    public const int PCI_CAP_ID_CCRC = 0xB;

    /// <summary>Standard hot-plug controller.</summary>
    public const int PCI_CAP_ID_SHPC = 0xC;

    /// <summary>Bridge subsystem ids.</summary>
    public const int PCI_CAP_ID_SSVID = 0xD;

    /// <summary>AGP 8x.</summary>
    public const int PCI_CAP_ID_AGP3 = 0xE;

    /// <summary>Secure device.</summary>
    public const int PCI_CAP_ID_SECDEV = 0xF;

    /// <summary>PCI Express.</summary>
    public const int PCI_CAP_ID_EXP = 0x10;

    /// <summary>MSI-X.</summary>
    public const int PCI_CAP_ID_MSIX = 0x11;

    /// <summary>SATA data and index.</summary>
    public const int PCI_CAP_ID_SATA = 0x12;

    /// <summary>Advanced features.</summary>
    public const int PCI_CAP_ID_AF = 0x13;

    /// <summary>Enhanced allocation.</summary>
    public const int PCI_CAP_ID_EA = 0x14;

    /// <summary>Bytes of the vital product data capability.</summary>
    public const int PCI_CAP_VPD_SIZEOF = 8;

    /// <summary>Vital product data: address, 16 bits.</summary>
    public const int PCI_VPD_ADDR = 2;

    /// <summary>Vital product data: the address.</summary>
    public const int PCI_VPD_ADDR_MASK = 0x7FFF;

    /// <summary>Vital product data: 0 starts a read and 1 a write; it flips when done.</summary>
    public const int PCI_VPD_ADDR_F = 0x8000;

    /// <summary>Vital product data: 4 bytes.</summary>
    public const int PCI_VPD_DATA = 4;

    /// <summary>Bytes of the advanced features capability.</summary>
    public const int PCI_CAP_AF_SIZEOF = 6;

    /// <summary>Advanced features: its length, 8 bits.</summary>
    public const int PCI_AF_LENGTH = 2;

    /// <summary>Advanced features: capabilities, 8 bits.</summary>
    public const int PCI_AF_CAP = 3;

    /// <summary>Advanced features: transactions pending is reported.</summary>
    public const int PCI_AF_CAP_TP = 1;

    /// <summary>Advanced features: function level reset.</summary>
    public const int PCI_AF_CAP_FLR = 2;

    /// <summary>Advanced features: control, 8 bits.</summary>
    public const int PCI_AF_CTRL = 4;

    /// <summary>Advanced features: start a function level reset.</summary>
    public const int PCI_AF_CTRL_FLR = 1;

    /// <summary>Advanced features: status, 8 bits.</summary>
    public const int PCI_AF_STATUS = 5;

    /// <summary>Advanced features: transactions are pending.</summary>
    public const int PCI_AF_STATUS_TP = 1;
}
