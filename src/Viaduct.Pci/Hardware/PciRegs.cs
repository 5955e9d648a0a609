namespace Viaduct.Pci.Hardware;

/// <summary>Register offsets and bits of configuration space, named as in linux/pci_regs.h.</summary>
internal static class PciRegs
{
    public const int PCI_CFG_SPACE_SIZE = 256;
    public const int PCI_CFG_SPACE_EXP_SIZE = 4096;
    public const int PCI_STD_HEADER_SIZEOF = 64;

    public const int PCI_VENDOR_ID = 0x00;
    public const int PCI_DEVICE_ID = 0x02;
    public const int PCI_COMMAND = 0x04;
    public const int PCI_STATUS = 0x06;
    public const int PCI_REVISION_ID = 0x08;
    public const int PCI_CACHE_LINE_SIZE = 0x0c;
    public const int PCI_LATENCY_TIMER = 0x0d;
    public const int PCI_HEADER_TYPE = 0x0e;
    public const int PCI_BIST = 0x0f;
    public const int PCI_BASE_ADDRESS_0 = 0x10;
    public const int PCI_BASE_ADDRESS_5 = 0x24;
    public const int PCI_SUBSYSTEM_VENDOR_ID = 0x2c;
    public const int PCI_SUBSYSTEM_ID = 0x2e;
    public const int PCI_ROM_ADDRESS = 0x30;
    public const int PCI_CAPABILITY_LIST = 0x34;
    public const int PCI_INTERRUPT_LINE = 0x3c;
    public const int PCI_INTERRUPT_PIN = 0x3d;

    public const ushort PCI_COMMAND_IO = 0x001;
    public const ushort PCI_COMMAND_MEMORY = 0x002;
    public const ushort PCI_COMMAND_MASTER = 0x004;
    public const ushort PCI_COMMAND_SERR = 0x100;
    public const ushort PCI_COMMAND_INTX_DISABLE = 0x400;

    public const ushort PCI_STATUS_INTERRUPT = 0x0008;
    public const ushort PCI_STATUS_CAP_LIST = 0x0010;

    /// <summary>Master data parity error, target and master aborts, system error, parity error.</summary>
    public const ushort PCI_STATUS_ERRORS = 0xf900;

    public const byte PCI_CAP_ID_PM = 0x01;
    public const byte PCI_CAP_ID_AGP = 0x02;
    public const byte PCI_CAP_ID_VPD = 0x03;
    public const byte PCI_CAP_ID_SLOTID = 0x04;
    public const byte PCI_CAP_ID_MSI = 0x05;
    public const byte PCI_CAP_ID_CHSWP = 0x06;
    public const byte PCI_CAP_ID_PCIX = 0x07;
    public const byte PCI_CAP_ID_HT = 0x08;
    public const byte PCI_CAP_ID_VNDR = 0x09;
    public const byte PCI_CAP_ID_DBG = 0x0a;
    public const byte PCI_CAP_ID_CCRC = 0x0b;
    public const byte PCI_CAP_ID_SHPC = 0x0c;
    public const byte PCI_CAP_ID_SSVID = 0x0d;
    public const byte PCI_CAP_ID_AGP3 = 0x0e;
    public const byte PCI_CAP_ID_SECDEV = 0x0f;
    public const byte PCI_CAP_ID_EXP = 0x10;
    public const byte PCI_CAP_ID_MSIX = 0x11;
    public const byte PCI_CAP_ID_SATA = 0x12;
    public const byte PCI_CAP_ID_AF = 0x13;

    public const int PCI_CAP_LIST_NEXT = 1;
    public const int PCI_CAP_FLAGS = 2;

    public const int PCI_PM_PMC = 2;
    public const int PCI_PM_CTRL = 4;
    public const int PCI_PM_SIZEOF = 8;
    public const int PCI_PM_CTRL_STATE_MASK = 0x0003;
    public const int PCI_PM_CTRL_NO_SOFT_RESET = 0x0008;
    public const int PCI_PM_CTRL_PME_ENABLE = 0x0100;
    public const int PCI_PM_CTRL_PME_STATUS = 0x8000;

    public const int PCI_MSI_FLAGS = 2;
    public const int PCI_MSI_FLAGS_ENABLE = 0x0001;
    public const int PCI_MSI_FLAGS_QMASK = 0x000e;
    public const int PCI_MSI_FLAGS_QSIZE = 0x0070;
    public const int PCI_MSI_FLAGS_64BIT = 0x0080;
    public const int PCI_MSI_FLAGS_MASKBIT = 0x0100;
    public const int PCI_MSI_ADDRESS_LO = 4;
    public const int PCI_MSI_ADDRESS_HI = 8;
    public const int PCI_MSI_DATA_32 = 8;
    public const int PCI_MSI_MASK_32 = 12;
    public const int PCI_MSI_PENDING_32 = 16;
    public const int PCI_MSI_DATA_64 = 12;
    public const int PCI_MSI_MASK_64 = 16;
    public const int PCI_MSI_PENDING_64 = 20;

    public const int PCI_MSIX_FLAGS = 2;
    public const int PCI_MSIX_FLAGS_MASKALL = 0x4000;
    public const int PCI_MSIX_FLAGS_ENABLE = 0x8000;
    public const int PCI_MSIX_TABLE = 4;
    public const int PCI_MSIX_PBA = 8;
    public const int PCI_CAP_MSIX_SIZEOF = 12;
    public const int PCI_MSIX_ENTRY_SIZE = 16;
    public const int PCI_MSIX_ENTRY_VECTOR_CTRL = 12;

    public const int PCI_EXP_FLAGS = 0x02;
    public const int PCI_EXP_FLAGS_VERS = 0x000f;
    public const int PCI_EXP_TYPE_RC_END = 9;
    public const int PCI_EXP_DEVCAP = 0x04;
    public const uint PCI_EXP_DEVCAP_FLR = 0x10000000;
    public const int PCI_EXP_DEVCTL = 0x08;
    public const int PCI_EXP_DEVCTL_PAYLOAD = 0x00e0;
    public const int PCI_EXP_DEVCTL_PHANTOM = 0x0200;
    public const int PCI_EXP_DEVCTL_READRQ = 0x7000;
    public const int PCI_EXP_DEVCTL_BCR_FLR = 0x8000;
    public const int PCI_EXP_DEVSTA = 0x0a;
    public const int PCI_EXP_LNKCAP = 0x0c;
    public const int PCI_EXP_LNKCTL = 0x10;
    public const int PCI_EXP_LNKSTA = 0x12;
    public const int PCI_EXP_DEVCAP2 = 0x24;
    public const int PCI_EXP_DEVCTL2 = 0x28;
    public const int PCI_EXP_DEVCTL2_ARI = 0x0020;
    public const int PCI_EXP_LNKCAP2 = 0x2c;
    public const int PCI_EXP_LNKCTL2 = 0x30;
    public const int PCI_CAP_EXP_ENDPOINT_SIZEOF_V2 = 0x3c;
}
