namespace Viaduct.Abi;

/// <summary>The single root I/O virtualization capability, pci_regs.h: offsets in it and bits.</summary>
public static class PciSriov
{
    /// <summary>Capabilities, 32 bits.</summary>
    public const int PCI_SRIOV_CAP = 4;

    /// <summary>Capabilities: virtual functions can migrate.</summary>
    public const int PCI_SRIOV_CAP_VFM = 1;

    /// <summary>Control, 16 bits.</summary>
    public const int PCI_SRIOV_CTRL = 8;

    /// <summary>Control: virtual functions are on.</summary>
    public const int PCI_SRIOV_CTRL_VFE = 1;

    /// <summary>Control: migration.</summary>
    public const int PCI_SRIOV_CTRL_VFM = 2;

    /// <summary>Control: migration interrupt.</summary>
    public const int PCI_SRIOV_CTRL_INTR = 4;

    /// <summary>Control: they respond to memory space.</summary>
    public const int PCI_SRIOV_CTRL_MSE = 8;

    /// <summary>Control: alternative routing ids are used.</summary>
    public const int PCI_SRIOV_CTRL_ARI = 0x10;

    /// <summary>Status, 16 bits.</summary>
    public const int PCI_SRIOV_STATUS = 0xA;

    /// <summary>Virtual functions at the start, 16 bits.</summary>
    public const int PCI_SRIOV_INITIAL_VF = 0xC;

    /// <summary>Most virtual functions, 16 bits.</summary>
    public const int PCI_SRIOV_TOTAL_VF = 0xE;

    /// <summary>Virtual functions in use, 16 bits.</summary>
    public const int PCI_SRIOV_NUM_VF = 0x10;

    /// <summary>Function dependency, 8 bits.</summary>
    public const int PCI_SRIOV_FUNC_LINK = 0x12;

    /// <summary>Routing id of the first, relative to this function, 16 bits.</summary>
    public const int PCI_SRIOV_VF_OFFSET = 0x14;

    /// <summary>Distance of the next one's, 16 bits.</summary>
    public const int PCI_SRIOV_VF_STRIDE = 0x16;

    /// <summary>Device id of virtual functions, 16 bits.</summary>
    public const int PCI_SRIOV_VF_DID = 0x1A;

    /// <summary>Page sizes that can be chosen, 32 bits: bit n is 2^(n + 12) bytes.</summary>
    public const int PCI_SRIOV_SUP_PGSIZE = 0x1C;

    /// <summary>Page size in use, 32 bits.</summary>
    public const int PCI_SRIOV_SYS_PGSIZE = 0x20;

    /// <summary>BAR 0 of virtual functions, 32 bits.</summary>
    public const int PCI_SRIOV_BAR = 0x24;

    /// <summary>BARs of virtual functions.</summary>
    public const int PCI_SRIOV_NUM_BARS = 6;

    /// <summary>Migration state array, 32 bits.</summary>
    public const int PCI_SRIOV_VFM = 0x3C;
}
