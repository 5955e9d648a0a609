namespace Viaduct.Abi;

/// <summary>The common header and header type 0 of PCI config space, pci_regs.h: register offsets in bytes and their
/// bits.</summary>
public static class PciConfig
{
    /// <summary>Bytes of conventional config space.</summary>
    public const int PCI_CFG_SPACE_SIZE = 256;

    /// <summary>Bytes of PCI Express config space.</summary>
    public const int PCI_CFG_SPACE_EXP_SIZE = 4096;

    /// <summary>Bytes of the header.</summary>
    public const int PCI_STD_HEADER_SIZEOF = 64;

    /// <summary>BARs of header type 0.</summary>
    public const int PCI_STD_NUM_BARS = 6;

    /// <summary>Vendor, 16 bits; 0xFFFF where no function is.</summary>
    public const int PCI_VENDOR_ID = 0;

    /// <summary>Device, 16 bits.</summary>
    public const int PCI_DEVICE_ID = 2;

    /// <summary>Command register, 16 bits.</summary>
    public const int PCI_COMMAND = 4;

    /// <summary>Command: respond to I/O space.</summary>
    public const int PCI_COMMAND_IO = 1;

    /// <summary>Command: respond to memory space.</summary>
    public const int PCI_COMMAND_MEMORY = 2;

    /// <summary>Command: may start transactions (DMA, MSI).</summary>
    public const int PCI_COMMAND_MASTER = 4;

    /// <summary>Command: special cycles.</summary>
    public const int PCI_COMMAND_SPECIAL = 8;

    /// <summary>Command: memory write and invalidate.</summary>
    public const int PCI_COMMAND_INVALIDATE = 0x10;

    /// <summary>Command: VGA palette snoop.</summary>
    public const int PCI_COMMAND_VGA_PALETTE = 0x20;

    /// <summary>Command: parity error response.</summary>
    public const int PCI_COMMAND_PARITY = 0x40;

    /// <summary>Command: address stepping.</summary>
    public const int PCI_COMMAND_WAIT = 0x80;

    /// <summary>Command: report system errors.</summary>
    public const int PCI_COMMAND_SERR = 0x100;

    /// <summary>Command: fast back-to-back writes.</summary>
    public const int PCI_COMMAND_FAST_BACK = 0x200;

    /// <summary>Command: INTx is off.</summary>
    public const int PCI_COMMAND_INTX_DISABLE = 0x400;

    /// <summary>Status register, 16 bits; errors are cleared by writing 1.</summary>
    public const int PCI_STATUS = 6;

    /// <summary>Status: ready at once after reset.</summary>
    public const int PCI_STATUS_IMM_READY = 1;

    /// <summary>Status: INTx is pending.</summary>
    public const int PCI_STATUS_INTERRUPT = 8;

    /// <summary>Status: there is a capability list.</summary>
    public const int PCI_STATUS_CAP_LIST = 0x10;

    /// <summary>Status: 66 MHz capable.</summary>
    public const int PCI_STATUS_66MHZ = 0x20;

    /// <summary>Status: accepts fast back-to-back writes.</summary>
    public const int PCI_STATUS_FAST_BACK = 0x80;

    /// <summary>Status: master data parity error.</summary>
    public const int PCI_STATUS_PARITY = 0x100;

    /// <summary>Status: DEVSEL timing.</summary>
    public const int PCI_STATUS_DEVSEL_MASK = 0x600;

    /// <summary>Status: signalled a target abort.</summary>
    public const int PCI_STATUS_SIG_TARGET_ABORT = 0x800;

    /// <summary>Status: received a target abort.</summary>
    public const int PCI_STATUS_REC_TARGET_ABORT = 0x1000;

    /// <summary>Status: received a master abort.</summary>
    public const int PCI_STATUS_REC_MASTER_ABORT = 0x2000;

    /// <summary>Status: signalled a system error.</summary>
    public const int PCI_STATUS_SIG_SYSTEM_ERROR = 0x4000;

    /// <summary>Status: detected a parity error.</summary>
    public const int PCI_STATUS_DETECTED_PARITY = 0x8000;

    /// <summary>Revision in bits 7:0, class code above.</summary>
    public const int PCI_CLASS_REVISION = 8;

    /// <summary>Revision, 8 bits.</summary>
    public const int PCI_REVISION_ID = 8;

    /// <summary>Programming interface, 8 bits.</summary>
    public const int PCI_CLASS_PROG = 9;

    /// <summary>Subclass and base class, 16 bits.</summary>
    public const int PCI_CLASS_DEVICE = 0xA;

    /// <summary>Cache line size in dwords, 8 bits.</summary>
    public const int PCI_CACHE_LINE_SIZE = 0xC;

    /// <summary>Latency timer, 8 bits.</summary>
    public const int PCI_LATENCY_TIMER = 0xD;

    /// <summary>Header type, 8 bits.</summary>
    public const int PCI_HEADER_TYPE = 0xE;

    /// <summary>Header type: the layout.</summary>
    public const int PCI_HEADER_TYPE_MASK = 0x7F;

    /// <summary>Header type: endpoint.</summary>
    public const int PCI_HEADER_TYPE_NORMAL = 0;

    /// <summary>Header type: PCI-to-PCI bridge.</summary>
    public const int PCI_HEADER_TYPE_BRIDGE = 1;

    /// <summary>Header type: CardBus bridge.</summary>
    public const int PCI_HEADER_TYPE_CARDBUS = 2;

    /// <summary>Header type: more than one function.</summary>
    public const int PCI_HEADER_TYPE_MFD = 0x80;

    /// <summary>Built-in self test, 8 bits.</summary>
    public const int PCI_BIST = 0xF;

    /// <summary>Self test: result, 0 passed.</summary>
    public const int PCI_BIST_CODE_MASK = 0xF;

    /// <summary>Self test: start.</summary>
    public const int PCI_BIST_START = 0x40;

    /// <summary>Self test: there is one.</summary>
    public const int PCI_BIST_CAPABLE = 0x80;

    /// <summary>BAR 0, 32 bits.</summary>
    public const int PCI_BASE_ADDRESS_0 = 0x10;

    /// <summary>BAR 1, 32 bits.</summary>
    public const int PCI_BASE_ADDRESS_1 = 0x14;

    /// <summary>BAR 2, 32 bits.</summary>
    public const int PCI_BASE_ADDRESS_2 = 0x18;

    /// <summary>BAR 3, 32 bits.</summary>
    public const int PCI_BASE_ADDRESS_3 = 0x1C;

    /// <summary>BAR 4, 32 bits.</summary>
    public const int PCI_BASE_ADDRESS_4 = 0x20;

    /// <summary>BAR 5, 32 bits.</summary>
    public const int PCI_BASE_ADDRESS_5 = 0x24;

    /// <summary>BAR: set for I/O space.</summary>
    public const int PCI_BASE_ADDRESS_SPACE = 1;

    /// <summary>BAR: I/O space.</summary>
    public const int PCI_BASE_ADDRESS_SPACE_IO = 1;

    /// <summary>BAR: memory space.</summary>
    public const int PCI_BASE_ADDRESS_SPACE_MEMORY = 0;

    /// <summary>Memory BAR: width.</summary>
    public const int PCI_BASE_ADDRESS_MEM_TYPE_MASK = 6;

    /// <summary>Memory BAR: 32 bits.</summary>
    public const int PCI_BASE_ADDRESS_MEM_TYPE_32 = 0;

    /// <summary>Memory BAR: below 1 MiB, obsolete.</summary>
    public const int PCI_BASE_ADDRESS_MEM_TYPE_1M = 2;

    /// <summary>Memory BAR: 64 bits, the next BAR is its upper half.</summary>
    public const int PCI_BASE_ADDRESS_MEM_TYPE_64 = 4;

    /// <summary>Memory BAR: prefetchable.</summary>
    public const int PCI_BASE_ADDRESS_MEM_PREFETCH = 8;

    /// <summary>Memory BAR: the address.</summary>
    public const ulong PCI_BASE_ADDRESS_MEM_MASK = 0xFFFFFFFFFFFFFFF0;

    /// <summary>I/O BAR: the address.</summary>
    public const ulong PCI_BASE_ADDRESS_IO_MASK = 0xFFFFFFFFFFFFFFFC;

    /// <summary>CardBus information structure, 32 bits.</summary>
    public const int PCI_CARDBUS_CIS = 0x28;

    /// <summary>Subsystem vendor, 16 bits.</summary>
    public const int PCI_SUBSYSTEM_VENDOR_ID = 0x2C;

    /// <summary>Subsystem, 16 bits.</summary>
    public const int PCI_SUBSYSTEM_ID = 0x2E;

    /// <summary>Expansion ROM BAR, 32 bits.</summary>
    public const int PCI_ROM_ADDRESS = 0x30;

    /// <summary>ROM BAR: respond.</summary>
    public const int PCI_ROM_ADDRESS_ENABLE = 1;

    /// <summary>ROM BAR: the address.</summary>
    public const uint PCI_ROM_ADDRESS_MASK = 0xFFFFF800;

    /// <summary>Offset of the first capability, 8 bits.</summary>
    public const int PCI_CAPABILITY_LIST = 0x34;

    /// <summary>Interrupt line, 8 bits, for software only.</summary>
    public const int PCI_INTERRUPT_LINE = 0x3C;

    /// <summary>Interrupt pin, 8 bits: 0 none, 1 to 4 INTA to INTD.</summary>
    public const int PCI_INTERRUPT_PIN = 0x3D;

    /// <summary>Minimum grant, 8 bits.</summary>
    public const int PCI_MIN_GNT = 0x3E;

    /// <summary>Maximum latency, 8 bits.</summary>
    public const int PCI_MAX_LAT = 0x3F;
}
