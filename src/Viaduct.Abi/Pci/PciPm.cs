namespace Viaduct.Abi;

/// <summary>The power management capability, pci_regs.h: offsets in it and bits.</summary>
public static class PciPm
{
    /// <summary>Capabilities, 16 bits.</summary>
    public const int PCI_PM_PMC = 2;

    /// <summary>Capabilities: version.</summary>
    public const int PCI_PM_CAP_VER_MASK = 7;

    /// <summary>Capabilities: PME# needs the clock.</summary>
    public const int PCI_PM_CAP_PME_CLOCK = 8;

    /// <summary>Capabilities: device specific initialization.</summary>
    public const int PCI_PM_CAP_DSI = 0x20;

    /// <summary>Capabilities: auxiliary current.</summary>
    public const int PCI_PM_CAP_AUX_POWER = 0x1C0;

    /// <summary>Capabilities: D1.</summary>
    public const int PCI_PM_CAP_D1 = 0x200;

    /// <summary>Capabilities: D2.</summary>
    public const int PCI_PM_CAP_D2 = 0x400;

    /// <summary>Capabilities: states that PME# works in.</summary>
    public const int PCI_PM_CAP_PME_MASK = 0xF800;

    /// <summary>Capabilities: PME# from D0.</summary>
    public const int PCI_PM_CAP_PME_D0 = 0x800;

    /// <summary>Capabilities: PME# from D1.</summary>
    public const int PCI_PM_CAP_PME_D1 = 0x1000;

    /// <summary>Capabilities: PME# from D2.</summary>
    public const int PCI_PM_CAP_PME_D2 = 0x2000;

    /// <summary>Capabilities: PME# from D3hot.</summary>
    public const int PCI_PM_CAP_PME_D3hot = 0x4000;

    /// <summary>Capabilities: PME# from D3cold.</summary>
    public const int PCI_PM_CAP_PME_D3cold = 0x8000;

    /// <summary>Control and status, 16 bits.</summary>
    public const int PCI_PM_CTRL = 4;

    /// <summary>Control: power state, 0 for D0 to 3 for D3hot.</summary>
    public const int PCI_PM_CTRL_STATE_MASK = 3;

    /// <summary>Control: D3hot to D0 does not reset the function.</summary>
    public const int PCI_PM_CTRL_NO_SOFT_RESET = 8;

    /// <summary>Control: PME# is on.</summary>
    public const int PCI_PM_CTRL_PME_ENABLE = 0x100;

    /// <summary>Control: data select.</summary>
    public const int PCI_PM_CTRL_DATA_SEL_MASK = 0x1E00;

    /// <summary>Control: data scale.</summary>
    public const int PCI_PM_CTRL_DATA_SCALE_MASK = 0x6000;

    /// <summary>Control: PME# happened; cleared by writing 1.</summary>
    public const int PCI_PM_CTRL_PME_STATUS = 0x8000;

    /// <summary>Bridge extensions, 8 bits.</summary>
    public const int PCI_PM_PPB_EXTENSIONS = 6;

    /// <summary>Data, 8 bits.</summary>
    public const int PCI_PM_DATA_REGISTER = 7;

    /// <summary>Bytes of the capability.</summary>
    public const int PCI_PM_SIZEOF = 8;
}
