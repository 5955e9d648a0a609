namespace Viaduct.Abi;

/// <summary>Extended capabilities, pci_regs.h: ids. Their head has the id in bits 15:0, the version in 19:16 and the
/// offset of the next one in 31:20; the first is at 0x100.</summary>
public static class PciExtCapability
{
    /// <summary>Advanced error reporting.</summary>
    public const int PCI_EXT_CAP_ID_ERR = 1;

    /// <summary>Virtual channel.</summary>
    public const int PCI_EXT_CAP_ID_VC = 2;

    /// <summary>Device serial number.</summary>
    public const int PCI_EXT_CAP_ID_DSN = 3;

    /// <summary>Power budgeting.</summary>
    public const int PCI_EXT_CAP_ID_PWR = 4;

    /// <summary>Root complex link declaration.</summary>
    public const int PCI_EXT_CAP_ID_RCLD = 5;

    /// <summary>Root complex internal link control.</summary>
    public const int PCI_EXT_CAP_ID_RCILC = 6;

    /// <summary>Root complex event collector.</summary>
    public const int PCI_EXT_CAP_ID_RCEC = 7;

    /// <summary>Multi-function virtual channel.</summary>
    public const int PCI_EXT_CAP_ID_MFVC = 8;

    /// <summary>Virtual channel, second id.</summary>
    public const int PCI_EXT_CAP_ID_VC9 = 9;

    /// <summary>Root complex register block.</summary>
    public const int PCI_EXT_CAP_ID_RCRB = 0xA;

    /// <summary>Vendor specific.</summary>
    public const int PCI_EXT_CAP_ID_VNDR = 0xB;

    /// <summary>Configuration access, obsolete.</summary>
    public const int PCI_EXT_CAP_ID_CAC = 0xC;

    /// <summary>Access control services.</summary>
    public const int PCI_EXT_CAP_ID_ACS = 0xD;

    /// <summary>Alternative routing ids.</summary>
    public const int PCI_EXT_CAP_ID_ARI = 0xE;

    /// <summary>Address translation services.</summary>
    public const int PCI_EXT_CAP_ID_ATS = 0xF;

    /// <summary>Single root I/O virtualization.</summary>
    public const int PCI_EXT_CAP_ID_SRIOV = 0x10;

    /// <summary>Multi root I/O virtualization.</summary>
    public const int PCI_EXT_CAP_ID_MRIOV = 0x11;

    /// <summary>Multicast.</summary>
    public const int PCI_EXT_CAP_ID_MCAST = 0x12;

    /// <summary>Page requests.</summary>
    public const int PCI_EXT_CAP_ID_PRI = 0x13;

    /// <summary>Reserved for AMD.</summary>
    public const int PCI_EXT_CAP_ID_AMD_XXX = 0x14;

    /// <summary>Resizable BARs.</summary>
    public const int PCI_EXT_CAP_ID_REBAR = 0x15;

    /// <summary>Dynamic power allocation.</summary>
    public const int PCI_EXT_CAP_ID_DPA = 0x16;

    /// <summary>TLP processing hints.</summary>
    public const int PCI_EXT_CAP_ID_TPH = 0x17;

    /// <summary>Latency tolerance reporting.</summary>
    public const int PCI_EXT_CAP_ID_LTR = 0x18;

    /// <summary>Secondary PCI Express.</summary>
    public const int PCI_EXT_CAP_ID_SECPCI = 0x19;

    /// <summary>Protocol multiplexing.</summary>
    public const int PCI_EXT_CAP_ID_PMUX = 0x1A;

    /// <summary>Process address space ids.</summary>
    public const int PCI_EXT_CAP_ID_PASID = 0x1B;

    /// <summary>Downstream port containment.</summary>
    public const int PCI_EXT_CAP_ID_DPC = 0x1D;

    /// <summary>L1 substates.</summary>
    public const int PCI_EXT_CAP_ID_L1SS = 0x1E;

    /// <summary>Precision time measurement.</summary>
    public const int PCI_EXT_CAP_ID_PTM = 0x1F;

    /// <summary>Designated vendor specific.</summary>
    public const int PCI_EXT_CAP_ID_DVSEC = 0x23;

    /// <summary>Resizable BARs of virtual functions.</summary>
    public const int PCI_EXT_CAP_ID_VF_REBAR = 0x24;

    /// <summary>Data link feature.</summary>
    public const int PCI_EXT_CAP_ID_DLF = 0x25;

    /// <summary>Physical layer at 16 GT/s.</summary>
    public const int PCI_EXT_CAP_ID_PL_16GT = 0x26;

    /// <summary>Native enclosure management.</summary>
    public const int PCI_EXT_CAP_ID_NPEM = 0x29;

    /// <summary>Physical layer at 32 GT/s.</summary>
    public const int PCI_EXT_CAP_ID_PL_32GT = 0x2A;

    /// <summary>Data object exchange.</summary>
    public const int PCI_EXT_CAP_ID_DOE = 0x2E;

    /// <summary>Device 3 registers.</summary>
    public const int PCI_EXT_CAP_ID_DEV3 = 0x2F;

    /// <summary>Integrity and data encryption.</summary>
    public const int PCI_EXT_CAP_ID_IDE = 0x30;

    /// <summary>Physical layer at 64 GT/s.</summary>
    public const int PCI_EXT_CAP_ID_PL_64GT = 0x31;

    /// <summary>Bytes of the serial number capability.</summary>
    public const int PCI_EXT_CAP_DSN_SIZEOF = 12;

    /// <summary>Bytes of the ARI capability.</summary>
    public const int PCI_EXT_CAP_ARI_SIZEOF = 8;

    /// <summary>Bytes of the ATS capability.</summary>
    public const int PCI_EXT_CAP_ATS_SIZEOF = 8;

    /// <summary>Bytes of the PRI capability.</summary>
    public const int PCI_EXT_CAP_PRI_SIZEOF = 16;

    /// <summary>Bytes of the PASID capability.</summary>
    public const int PCI_EXT_CAP_PASID_SIZEOF = 8;

    /// <summary>Bytes of the SR-IOV capability.</summary>
    public const int PCI_EXT_CAP_SRIOV_SIZEOF = 64;

    /// <summary>Bytes of the LTR capability.</summary>
    public const int PCI_EXT_CAP_LTR_SIZEOF = 8;

    /// <summary>ARI: capabilities, 16 bits.</summary>
    public const int PCI_ARI_CAP = 4;

    /// <summary>ARI: control, 16 bits.</summary>
    public const int PCI_ARI_CTRL = 6;

    /// <summary>ACS: capabilities, 16 bits.</summary>
    public const int PCI_ACS_CAP = 4;

    /// <summary>ACS: control, 16 bits.</summary>
    public const int PCI_ACS_CTRL = 6;

    /// <summary>ATS: capabilities, 16 bits.</summary>
    public const int PCI_ATS_CAP = 4;

    /// <summary>ATS: control, 16 bits.</summary>
    public const int PCI_ATS_CTRL = 6;

    /// <summary>ATS control: on.</summary>
    public const int PCI_ATS_CTRL_ENABLE = 0x8000;

    /// <summary>PRI: control, 16 bits.</summary>
    public const int PCI_PRI_CTRL = 4;

    /// <summary>PRI: status, 16 bits.</summary>
    public const int PCI_PRI_STATUS = 6;

    /// <summary>PASID: capabilities, 16 bits.</summary>
    public const int PCI_PASID_CAP = 4;

    /// <summary>PASID: control, 16 bits.</summary>
    public const int PCI_PASID_CTRL = 6;

    /// <summary>PASID control: on.</summary>
    public const int PCI_PASID_CTRL_ENABLE = 1;

    /// <summary>LTR: greatest snoop latency, 16 bits.</summary>
    public const int PCI_LTR_MAX_SNOOP_LAT = 4;

    /// <summary>LTR: greatest no-snoop latency, 16 bits.</summary>
    public const int PCI_LTR_MAX_NOSNOOP_LAT = 6;

    /// <summary>Resizable BAR: sizes, 32 bits.</summary>
    public const int PCI_REBAR_CAP = 4;

    /// <summary>Resizable BAR: control, 32 bits.</summary>
    public const int PCI_REBAR_CTRL = 8;
}
