namespace Viaduct.Abi;

/// <summary>The advanced error reporting capability, pci_regs.h: offsets in it and bits.</summary>
public static class PciErr
{
    /// <summary>Uncorrectable errors that happened, 32 bits; cleared by writing 1.</summary>
    public const int PCI_ERR_UNCOR_STATUS = 4;

    /// <summary>Uncorrectable: undefined.</summary>
    public const int PCI_ERR_UNC_UND = 1;

    /// <summary>Uncorrectable: data link protocol.</summary>
    public const int PCI_ERR_UNC_DLP = 0x10;

    /// <summary>Uncorrectable: surprise down.</summary>
    public const int PCI_ERR_UNC_SURPDN = 0x20;

    /// <summary>Uncorrectable: poisoned packet.</summary>
    public const int PCI_ERR_UNC_POISON_TLP = 0x1000;

    /// <summary>Uncorrectable: flow control protocol.</summary>
    public const int PCI_ERR_UNC_FCP = 0x2000;

    /// <summary>Uncorrectable: completion timeout.</summary>
    public const int PCI_ERR_UNC_COMP_TIME = 0x4000;

    /// <summary>Uncorrectable: completer abort.</summary>
    public const int PCI_ERR_UNC_COMP_ABORT = 0x8000;

    /// <summary>Uncorrectable: unexpected completion.</summary>
    public const int PCI_ERR_UNC_UNX_COMP = 0x10000;

    /// <summary>Uncorrectable: receiver overflow.</summary>
    public const int PCI_ERR_UNC_RX_OVER = 0x20000;

    /// <summary>Uncorrectable: malformed packet.</summary>
    public const int PCI_ERR_UNC_MALF_TLP = 0x40000;

    /// <summary>Uncorrectable: end-to-end CRC.</summary>
    public const int PCI_ERR_UNC_ECRC = 0x80000;

    /// <summary>Uncorrectable: unsupported request.</summary>
    public const int PCI_ERR_UNC_UNSUP = 0x100000;

    /// <summary>Uncorrectable: access control violation.</summary>
    public const int PCI_ERR_UNC_ACSV = 0x200000;

    /// <summary>Uncorrectable: internal.</summary>
    public const int PCI_ERR_UNC_INTN = 0x400000;

    /// <summary>Which of them are masked, 32 bits.</summary>
    public const int PCI_ERR_UNCOR_MASK = 8;

    /// <summary>Which of them are fatal, 32 bits.</summary>
    public const int PCI_ERR_UNCOR_SEVER = 0xC;

    /// <summary>Correctable errors that happened, 32 bits; cleared by writing 1.</summary>
    public const int PCI_ERR_COR_STATUS = 0x10;

    /// <summary>Correctable: receiver.</summary>
    public const int PCI_ERR_COR_RCVR = 1;

    /// <summary>Correctable: bad packet.</summary>
    public const int PCI_ERR_COR_BAD_TLP = 0x40;

    /// <summary>Correctable: bad link packet.</summary>
    public const int PCI_ERR_COR_BAD_DLLP = 0x80;

    /// <summary>Correctable: replay number rolled over.</summary>
    public const int PCI_ERR_COR_REP_ROLL = 0x100;

    /// <summary>Correctable: replay timeout.</summary>
    public const int PCI_ERR_COR_REP_TIMER = 0x1000;

    /// <summary>Correctable: advisory non-fatal.</summary>
    public const int PCI_ERR_COR_ADV_NFAT = 0x2000;

    /// <summary>Correctable: internal.</summary>
    public const int PCI_ERR_COR_INTERNAL = 0x4000;

    /// <summary>Correctable: header log overflow.</summary>
    public const int PCI_ERR_COR_LOG_OVER = 0x8000;

    /// <summary>Which of them are masked, 32 bits.</summary>
    public const int PCI_ERR_COR_MASK = 0x14;

    /// <summary>Capabilities and control, 32 bits.</summary>
    public const int PCI_ERR_CAP = 0x18;

    /// <summary>Control: can make end-to-end CRCs.</summary>
    public const int PCI_ERR_CAP_ECRC_GENC = 0x20;

    /// <summary>Control: makes them.</summary>
    public const int PCI_ERR_CAP_ECRC_GENE = 0x40;

    /// <summary>Control: can check them.</summary>
    public const int PCI_ERR_CAP_ECRC_CHKC = 0x80;

    /// <summary>Control: checks them.</summary>
    public const int PCI_ERR_CAP_ECRC_CHKE = 0x100;

    /// <summary>Header of the first failed packet, 16 bytes.</summary>
    public const int PCI_ERR_HEADER_LOG = 0x1C;

    /// <summary>Root port: which errors interrupt, 32 bits.</summary>
    public const int PCI_ERR_ROOT_COMMAND = 0x2C;

    /// <summary>Root port: which errors arrived, 32 bits.</summary>
    public const int PCI_ERR_ROOT_STATUS = 0x30;

    /// <summary>Root port: who sent them, 32 bits.</summary>
    public const int PCI_ERR_ROOT_ERR_SRC = 0x34;
}
