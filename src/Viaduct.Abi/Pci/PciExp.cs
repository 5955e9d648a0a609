namespace Viaduct.Abi;

/// <summary>The PCI Express capability, pci_regs.h: offsets in it and bits that an endpoint has.</summary>
public static class PciExp
{
    /// <summary>Capabilities, 16 bits.</summary>
    public const int PCI_EXP_FLAGS = 2;

    /// <summary>Capabilities: version.</summary>
    public const int PCI_EXP_FLAGS_VERS = 0xF;

    /// <summary>Capabilities: kind of device or port, shifted by 4.</summary>
    public const int PCI_EXP_FLAGS_TYPE = 0xF0;

    /// <summary>Kind: endpoint.</summary>
    public const int PCI_EXP_TYPE_ENDPOINT = 0;

    /// <summary>Kind: legacy endpoint.</summary>
    public const int PCI_EXP_TYPE_LEG_END = 1;

    /// <summary>Kind: root port.</summary>
    public const int PCI_EXP_TYPE_ROOT_PORT = 4;

    /// <summary>Kind: upstream port of a switch.</summary>
    public const int PCI_EXP_TYPE_UPSTREAM = 5;

    /// <summary>Kind: downstream port of a switch.</summary>
    public const int PCI_EXP_TYPE_DOWNSTREAM = 6;

    /// <summary>Kind: bridge to PCI.</summary>
    public const int PCI_EXP_TYPE_PCI_BRIDGE = 7;

    /// <summary>Kind: bridge from PCI.</summary>
    public const int PCI_EXP_TYPE_PCIE_BRIDGE = 8;

    /// <summary>Kind: root complex integrated endpoint.</summary>
    public const int PCI_EXP_TYPE_RC_END = 9;

    /// <summary>Kind: root complex event collector.</summary>
    public const int PCI_EXP_TYPE_RC_EC = 0xA;

    /// <summary>Capabilities: a slot.</summary>
    public const int PCI_EXP_FLAGS_SLOT = 0x100;

    /// <summary>Capabilities: interrupt message number.</summary>
    public const int PCI_EXP_FLAGS_IRQ = 0x3E00;

    /// <summary>Capabilities: flit mode.</summary>
    public const int PCI_EXP_FLAGS_FLIT = 0x8000;

    /// <summary>Device capabilities, 32 bits.</summary>
    public const int PCI_EXP_DEVCAP = 4;

    /// <summary>Device capabilities: greatest payload, 128 bytes shifted by it.</summary>
    public const int PCI_EXP_DEVCAP_PAYLOAD = 7;

    /// <summary>Device capabilities: phantom functions.</summary>
    public const int PCI_EXP_DEVCAP_PHANTOM = 0x18;

    /// <summary>Device capabilities: extended tags.</summary>
    public const int PCI_EXP_DEVCAP_EXT_TAG = 0x20;

    /// <summary>Device capabilities: acceptable L0s latency.</summary>
    public const int PCI_EXP_DEVCAP_L0S = 0x1C0;

    /// <summary>Device capabilities: acceptable L1 latency.</summary>
    public const int PCI_EXP_DEVCAP_L1 = 0xE00;

    /// <summary>Device capabilities: role-based error reporting.</summary>
    public const int PCI_EXP_DEVCAP_RBER = 0x8000;

    /// <summary>Device capabilities: slot power limit.</summary>
    public const int PCI_EXP_DEVCAP_PWR_VAL = 0x3FC0000;

    /// <summary>Device capabilities: scale of the slot power limit.</summary>
    public const int PCI_EXP_DEVCAP_PWR_SCL = 0xC000000;

    /// <summary>Device capabilities: function level reset.</summary>
    public const int PCI_EXP_DEVCAP_FLR = 0x10000000;

    /// <summary>Device capabilities: trusted I/O.</summary>
    public const int PCI_EXP_DEVCAP_TEE = 0x40000000;

    /// <summary>Device control, 16 bits.</summary>
    public const int PCI_EXP_DEVCTL = 8;

    /// <summary>Device control: report correctable errors.</summary>
    public const int PCI_EXP_DEVCTL_CERE = 1;

    /// <summary>Device control: report non-fatal errors.</summary>
    public const int PCI_EXP_DEVCTL_NFERE = 2;

    /// <summary>Device control: report fatal errors.</summary>
    public const int PCI_EXP_DEVCTL_FERE = 4;

    /// <summary>Device control: report unsupported requests.</summary>
    public const int PCI_EXP_DEVCTL_URRE = 8;

    /// <summary>Device control: relaxed ordering.</summary>
    public const int PCI_EXP_DEVCTL_RELAX_EN = 0x10;

    /// <summary>Device control: payload, 128 bytes shifted by it.</summary>
    public const int PCI_EXP_DEVCTL_PAYLOAD = 0xE0;

    /// <summary>Device control: extended tags.</summary>
    public const int PCI_EXP_DEVCTL_EXT_TAG = 0x100;

    /// <summary>Device control: phantom functions.</summary>
    public const int PCI_EXP_DEVCTL_PHANTOM = 0x200;

    /// <summary>Device control: auxiliary power.</summary>
    public const int PCI_EXP_DEVCTL_AUX_PME = 0x400;

    /// <summary>Device control: no snoop.</summary>
    public const int PCI_EXP_DEVCTL_NOSNOOP_EN = 0x800;

    /// <summary>Device control: greatest read request, 128 bytes shifted by it.</summary>
    public const int PCI_EXP_DEVCTL_READRQ = 0x7000;

    /// <summary>Device control: read requests of 512 bytes.</summary>
    public const int PCI_EXP_DEVCTL_READRQ_512B = 0x2000;

    /// <summary>Device control: start a function level reset; reads as 0.</summary>
    public const int PCI_EXP_DEVCTL_BCR_FLR = 0x8000;

    /// <summary>Device status, 16 bits; errors are cleared by writing 1.</summary>
    public const int PCI_EXP_DEVSTA = 0xA;

    /// <summary>Device status: correctable error.</summary>
    public const int PCI_EXP_DEVSTA_CED = 1;

    /// <summary>Device status: non-fatal error.</summary>
    public const int PCI_EXP_DEVSTA_NFED = 2;

    /// <summary>Device status: fatal error.</summary>
    public const int PCI_EXP_DEVSTA_FED = 4;

    /// <summary>Device status: unsupported request.</summary>
    public const int PCI_EXP_DEVSTA_URD = 8;

    /// <summary>Device status: auxiliary power.</summary>
    public const int PCI_EXP_DEVSTA_AUXPD = 0x10;

    /// <summary>Device status: transactions are pending.</summary>
    public const int PCI_EXP_DEVSTA_TRPND = 0x20;

    /// <summary>Bytes of a version 1 capability without a link.</summary>
    public const int PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V1 = 12;

    /// <summary>Link capabilities, 32 bits.</summary>
    public const int PCI_EXP_LNKCAP = 0xC;

    /// <summary>Link capabilities: greatest speed.</summary>
    public const int PCI_EXP_LNKCAP_SLS = 0xF;

    /// <summary>Link capabilities: 2.5 GT/s.</summary>
    public const int PCI_EXP_LNKCAP_SLS_2_5GB = 1;

    /// <summary>Link capabilities: 5 GT/s.</summary>
    public const int PCI_EXP_LNKCAP_SLS_5_0GB = 2;

    /// <summary>Link capabilities: 8 GT/s.</summary>
    public const int PCI_EXP_LNKCAP_SLS_8_0GB = 3;

    /// <summary>Link capabilities: 16 GT/s.</summary>
    public const int PCI_EXP_LNKCAP_SLS_16_0GB = 4;

    /// <summary>Link capabilities: 32 GT/s.</summary>
    public const int PCI_EXP_LNKCAP_SLS_32_0GB = 5;

    /// <summary>Link capabilities: greatest width, lanes shifted by 4.</summary>
    public const int PCI_EXP_LNKCAP_MLW = 0x3F0;

    /// <summary>Link capabilities: active state power management.</summary>
    public const int PCI_EXP_LNKCAP_ASPMS = 0xC00;

    /// <summary>Link capabilities: port number.</summary>
    public const uint PCI_EXP_LNKCAP_PN = 0xFF000000;

    /// <summary>Link control, 16 bits.</summary>
    public const int PCI_EXP_LNKCTL = 0x10;

    /// <summary>Link control: active state power management.</summary>
    public const int PCI_EXP_LNKCTL_ASPMC = 3;

    /// <summary>Link control: read completion boundary.</summary>
    public const int PCI_EXP_LNKCTL_RCB = 8;

    /// <summary>Link control: common clock.</summary>
    public const int PCI_EXP_LNKCTL_CCC = 0x40;

    /// <summary>Link control: extended synch.</summary>
    public const int PCI_EXP_LNKCTL_ES = 0x80;

    /// <summary>Link control: clock power management.</summary>
    public const int PCI_EXP_LNKCTL_CLKREQ_EN = 0x100;

    /// <summary>Link status, 16 bits.</summary>
    public const int PCI_EXP_LNKSTA = 0x12;

    /// <summary>Link status: speed.</summary>
    public const int PCI_EXP_LNKSTA_CLS = 0xF;

    /// <summary>Link status: 2.5 GT/s.</summary>
    public const int PCI_EXP_LNKSTA_CLS_2_5GB = 1;

    /// <summary>Link status: width, lanes shifted by 4.</summary>
    public const int PCI_EXP_LNKSTA_NLW = 0x3F0;

    /// <summary>Link status: one lane.</summary>
    public const int PCI_EXP_LNKSTA_NLW_X1 = 0x10;

    /// <summary>Link status: first bit of the width.</summary>
    public const int PCI_EXP_LNKSTA_NLW_SHIFT = 4;

    /// <summary>Link status: slot clock.</summary>
    public const int PCI_EXP_LNKSTA_SLC = 0x1000;

    /// <summary>Link status: data link layer active.</summary>
    public const int PCI_EXP_LNKSTA_DLLLA = 0x2000;

    /// <summary>Bytes of a version 1 capability with a link.</summary>
    public const int PCI_CAP_EXP_ENDPOINT_SIZEOF_V1 = 20;

    /// <summary>Slot capabilities, 32 bits.</summary>
    public const int PCI_EXP_SLTCAP = 0x14;

    /// <summary>Slot control, 16 bits.</summary>
    public const int PCI_EXP_SLTCTL = 0x18;

    /// <summary>Slot status, 16 bits.</summary>
    public const int PCI_EXP_SLTSTA = 0x1A;

    /// <summary>Root control, 16 bits.</summary>
    public const int PCI_EXP_RTCTL = 0x1C;

    /// <summary>Root capabilities, 16 bits.</summary>
    public const int PCI_EXP_RTCAP = 0x1E;

    /// <summary>Root status, 32 bits.</summary>
    public const int PCI_EXP_RTSTA = 0x20;

    /// <summary>Device capabilities 2, 32 bits.</summary>
    public const int PCI_EXP_DEVCAP2 = 0x24;

    /// <summary>Device capabilities 2: completion timeouts can be off.</summary>
    public const int PCI_EXP_DEVCAP2_COMP_TMOUT_DIS = 0x10;

    /// <summary>Device capabilities 2: alternative routing ids are forwarded.</summary>
    public const int PCI_EXP_DEVCAP2_ARI = 0x20;

    /// <summary>Device capabilities 2: AtomicOps are routed.</summary>
    public const int PCI_EXP_DEVCAP2_ATOMIC_ROUTE = 0x40;

    /// <summary>Device capabilities 2: completes 32-bit AtomicOps.</summary>
    public const int PCI_EXP_DEVCAP2_ATOMIC_COMP32 = 0x80;

    /// <summary>Device capabilities 2: completes 64-bit AtomicOps.</summary>
    public const int PCI_EXP_DEVCAP2_ATOMIC_COMP64 = 0x100;

    /// <summary>Device capabilities 2: completes 128-bit compare and swap.</summary>
    public const int PCI_EXP_DEVCAP2_ATOMIC_COMP128 = 0x200;

    /// <summary>Device capabilities 2: latency tolerance reporting.</summary>
    public const int PCI_EXP_DEVCAP2_LTR = 0x800;

    /// <summary>Device control 2, 16 bits.</summary>
    public const int PCI_EXP_DEVCTL2 = 0x28;

    /// <summary>Device control 2: completion timeout.</summary>
    public const int PCI_EXP_DEVCTL2_COMP_TIMEOUT = 0xF;

    /// <summary>Device control 2: completion timeouts are off.</summary>
    public const int PCI_EXP_DEVCTL2_COMP_TMOUT_DIS = 0x10;

    /// <summary>Device control 2: alternative routing ids.</summary>
    public const int PCI_EXP_DEVCTL2_ARI = 0x20;

    /// <summary>Device control 2: may send AtomicOps.</summary>
    public const int PCI_EXP_DEVCTL2_ATOMIC_REQ = 0x40;

    /// <summary>Device control 2: AtomicOps are blocked on the way out.</summary>
    public const int PCI_EXP_DEVCTL2_ATOMIC_EGRESS_BLOCK = 0x80;

    /// <summary>Device control 2: id-based ordering of requests.</summary>
    public const int PCI_EXP_DEVCTL2_IDO_REQ_EN = 0x100;

    /// <summary>Device control 2: id-based ordering of completions.</summary>
    public const int PCI_EXP_DEVCTL2_IDO_CMP_EN = 0x200;

    /// <summary>Device control 2: latency tolerance reporting.</summary>
    public const int PCI_EXP_DEVCTL2_LTR_EN = 0x400;

    /// <summary>Device status 2, 16 bits.</summary>
    public const int PCI_EXP_DEVSTA2 = 0x2A;

    /// <summary>Bytes of a version 2 capability without a link.</summary>
    public const int PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V2 = 44;

    /// <summary>Link capabilities 2, 32 bits.</summary>
    public const int PCI_EXP_LNKCAP2 = 0x2C;

    /// <summary>Link capabilities 2: speeds, a bit for each.</summary>
    public const int PCI_EXP_LNKCAP2_SLS = 0xFE;

    /// <summary>Link capabilities 2: 2.5 GT/s.</summary>
    public const int PCI_EXP_LNKCAP2_SLS_2_5GB = 2;

    /// <summary>Link control 2, 16 bits.</summary>
    public const int PCI_EXP_LNKCTL2 = 0x30;

    /// <summary>Link control 2: target speed.</summary>
    public const int PCI_EXP_LNKCTL2_TLS = 0xF;

    /// <summary>Link status 2, 16 bits.</summary>
    public const int PCI_EXP_LNKSTA2 = 0x32;

    /// <summary>Bytes of a version 2 capability with a link.</summary>
    public const int PCI_CAP_EXP_ENDPOINT_SIZEOF_V2 = 52;

    /// <summary>Slot capabilities 2, 32 bits.</summary>
    public const int PCI_EXP_SLTCAP2 = 0x34;

    /// <summary>Slot control 2, 16 bits.</summary>
    public const int PCI_EXP_SLTCTL2 = 0x38;

    /// <summary>Slot status 2, 16 bits.</summary>
    public const int PCI_EXP_SLTSTA2 = 0x3A;
}
