using static Viaduct.Pci.VfioPci.ConfigPermissions;

namespace Viaduct.Pci.VfioPci;

/// <summary>
/// The permission tables of vfio_pci_config.c, a row for each capability: its length (0 hides it,
/// <see cref="Variable"/> asks the chip) and what a client may do with it. Those without an entry in the second table
/// are read from the chip, but for the link to the next, and not written.
/// </summary>
internal static class ConfigTables
{
    /// <summary>The length depends on the chip's registers.</summary>
    public const int Variable = 0xff;

    /// <summary>In the map: the byte belongs to no capability, and is the chip's.</summary>
    public const byte Unassigned = 0xff;

    /// <summary>In the map: the header.</summary>
    public const byte Header = 0;

    // Lengths that pci_regs.h has, by capability.
    private const int AgpLength = 12;
    private const int ErrorReportingLength = 0x2c;
    private const int PowerBudgetLength = 16;
    private const int MulticastLength = 40;
    private const int PciXLength = 24;
    private const int PciXCommand = 2;
    private const int PciXEccControl = 8;
    private const int PowerBudgetSelect = 8;

    // AER: multicast blocked, AtomicOp egress blocked, TLP prefix blocked (PCIe 3.0, 7.10.2).
    private const uint LateUncorrectableErrors = 0x03800000;

    // AER: the bits of errors that a device may have.
    private const uint UncorrectableErrors = PCI_ERR_UNC_UND | PCI_ERR_UNC_DLP | PCI_ERR_UNC_SURPDN
        | PCI_ERR_UNC_POISON_TLP | PCI_ERR_UNC_FCP | PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_COMP_ABORT
        | PCI_ERR_UNC_UNX_COMP | PCI_ERR_UNC_RX_OVER | PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_ECRC | PCI_ERR_UNC_UNSUP
        | PCI_ERR_UNC_ACSV | PCI_ERR_UNC_INTN | LateUncorrectableErrors;

    private const uint CorrectableErrors = PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP
        | PCI_ERR_COR_REP_ROLL | PCI_ERR_COR_REP_TIMER | PCI_ERR_COR_ADV_NFAT | PCI_ERR_COR_INTERNAL
        | PCI_ERR_COR_LOG_OVER;

    private static readonly Dictionary<int, int> s_lengths = new()
    {
        [PCI_CAP_ID_PM] = PCI_PM_SIZEOF,
        [PCI_CAP_ID_AGP] = AgpLength,
        [PCI_CAP_ID_VPD] = PCI_CAP_VPD_SIZEOF,
        [PCI_CAP_ID_SLOTID] = 0,
        [PCI_CAP_ID_MSI] = Variable,
        [PCI_CAP_ID_CHSWP] = 0,
        [PCI_CAP_ID_PCIX] = Variable,
        [PCI_CAP_ID_HT] = Variable,
        [PCI_CAP_ID_VNDR] = Variable,
        [PCI_CAP_ID_DBG] = 0,
        [PCI_CAP_ID_CCRC] = 0,
        [PCI_CAP_ID_SHPC] = 0,
        [PCI_CAP_ID_SSVID] = 0,
        [PCI_CAP_ID_AGP3] = 0,
        [PCI_CAP_ID_SECDEV] = 0,
        [PCI_CAP_ID_EXP] = Variable,
        [PCI_CAP_ID_MSIX] = PCI_CAP_MSIX_SIZEOF,
        [PCI_CAP_ID_SATA] = Variable,
        [PCI_CAP_ID_AF] = PCI_CAP_AF_SIZEOF,
    };

    private static readonly Dictionary<int, int> s_extendedLengths = new()
    {
        [PCI_EXT_CAP_ID_ERR] = ErrorReportingLength,
        [PCI_EXT_CAP_ID_VC] = Variable,
        [PCI_EXT_CAP_ID_DSN] = PCI_EXT_CAP_DSN_SIZEOF,
        [PCI_EXT_CAP_ID_PWR] = PowerBudgetLength,
        [PCI_EXT_CAP_ID_RCLD] = 0,
        [PCI_EXT_CAP_ID_RCILC] = 0,
        [PCI_EXT_CAP_ID_RCEC] = 0,
        [PCI_EXT_CAP_ID_MFVC] = Variable,
        [PCI_EXT_CAP_ID_VC9] = Variable,
        [PCI_EXT_CAP_ID_RCRB] = 0,
        [PCI_EXT_CAP_ID_VNDR] = Variable,
        [PCI_EXT_CAP_ID_CAC] = 0,
        [PCI_EXT_CAP_ID_ACS] = Variable,
        [PCI_EXT_CAP_ID_ARI] = PCI_EXT_CAP_ARI_SIZEOF,
        [PCI_EXT_CAP_ID_ATS] = PCI_EXT_CAP_ATS_SIZEOF,
        [PCI_EXT_CAP_ID_SRIOV] = PCI_EXT_CAP_SRIOV_SIZEOF,
        [PCI_EXT_CAP_ID_MRIOV] = 0,
        [PCI_EXT_CAP_ID_MCAST] = MulticastLength,
        [PCI_EXT_CAP_ID_PRI] = PCI_EXT_CAP_PRI_SIZEOF,
        [PCI_EXT_CAP_ID_AMD_XXX] = 0,
        [PCI_EXT_CAP_ID_REBAR] = Variable,
        [PCI_EXT_CAP_ID_DPA] = Variable,
        [PCI_EXT_CAP_ID_TPH] = Variable,
        [PCI_EXT_CAP_ID_LTR] = PCI_EXT_CAP_LTR_SIZEOF,
        [PCI_EXT_CAP_ID_SECPCI] = 0,
        [PCI_EXT_CAP_ID_PMUX] = 0,
        [PCI_EXT_CAP_ID_PASID] = 0,
        [PCI_EXT_CAP_ID_DVSEC] = Variable,
    };

    private static readonly ConfigPermissions s_direct = new(0, VfioPciConfig.ReadDirect, null);

    private static readonly ConfigPermissions s_vendor = new(0, VfioPciConfig.ReadDirect, VfioPciConfig.WriteRaw);

    private static readonly ConfigPermissions s_unassigned = new(0, VfioPciConfig.ReadRaw, VfioPciConfig.WriteRaw);

    private static readonly ConfigPermissions s_header = MakeHeader();

    private static readonly Dictionary<int, ConfigPermissions> s_permissions = new()
    {
        [PCI_CAP_ID_PM] = Capability(PCI_PM_SIZEOF, VfioPciConfig.WritePower)
            .Field(PCI_PM_PMC, 2, PCI_PM_CAP_PME_MASK, None)
            .Field(
                PCI_PM_CTRL,
                2,
                PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS,
                All & ~(uint)(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS | PCI_PM_CTRL_STATE_MASK)),
        [PCI_CAP_ID_VPD] = Capability(PCI_CAP_VPD_SIZEOF, VfioPciConfig.WriteVpd)
            .Field(PCI_VPD_ADDR, 2, All, All)
            .Field(PCI_VPD_DATA, 4, All, All),
        [PCI_CAP_ID_PCIX] = Capability(PciXLength, VfioPciConfig.WriteDefault)
            .Field(PciXCommand, 2, None, All)
            .Field(PciXEccControl, 4, None, All),
        [PCI_CAP_ID_VNDR] = s_vendor,
        [PCI_CAP_ID_EXP] = Capability(PCI_CAP_EXP_ENDPOINT_SIZEOF_V2, VfioPciConfig.WriteExpress)
            .Field(
                PCI_EXP_DEVCTL,
                2,
                PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ,
                All & ~(uint)PCI_EXP_DEVCTL_PHANTOM)
            .Field(PCI_EXP_DEVCTL2, 2, None, All & ~(uint)PCI_EXP_DEVCTL2_ARI),
        [PCI_CAP_ID_AF] = Capability(PCI_CAP_AF_SIZEOF, VfioPciConfig.WriteAdvancedFeatures)
            .Field(PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR, PCI_AF_CTRL_FLR),
    };

    private static readonly Dictionary<int, ConfigPermissions> s_extendedPermissions = new()
    {
        [PCI_EXT_CAP_ID_ERR] = Extended(ErrorReportingLength)
            .Field(PCI_ERR_UNCOR_STATUS, 4, None, UncorrectableErrors)
            .Field(PCI_ERR_UNCOR_MASK, 4, None, UncorrectableErrors)
            .Field(PCI_ERR_UNCOR_SEVER, 4, None, UncorrectableErrors)
            .Field(PCI_ERR_COR_STATUS, 4, None, CorrectableErrors)
            .Field(PCI_ERR_COR_MASK, 4, None, CorrectableErrors)
            .Field(PCI_ERR_CAP, 4, None, PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE),
        [PCI_EXT_CAP_ID_PWR] = Extended(PowerBudgetLength).Field(PowerBudgetSelect, 1, None, All),
        [PCI_EXT_CAP_ID_VNDR] = s_vendor,
        [PCI_EXT_CAP_ID_DVSEC] = s_vendor,
    };

    /// <summary>A capability's length: 0 where clients do not see it.</summary>
    public static int Length(int id) => s_lengths.GetValueOrDefault(id);

    /// <summary>An extended capability's length: 0 where clients do not see it.</summary>
    public static int ExtendedLength(int id) => s_extendedLengths.GetValueOrDefault(id);

    /// <summary>Who answers for a byte.</summary>
    /// <param name="id">What the map says of it; MSI has a table of each device's own.</param>
    /// <param name="isExtended">At 0x100 or behind.</param>
    public static ConfigPermissions Find(int id, bool isExtended)
        => id == Unassigned ? s_unassigned
            : isExtended ? s_extendedPermissions.GetValueOrDefault(id, s_direct)
            : id == Header ? s_header
            : s_permissions.GetValueOrDefault(id, s_direct);

    /// <summary>The MSI capability: its layout depends on its flags.</summary>
    public static ConfigPermissions Msi(int length, int flags)
    {
        var is64 = (flags & PCI_MSI_FLAGS_64BIT) != 0;
        var table = Capability(length, VfioPciConfig.WriteMsi)
            .Field(PCI_MSI_FLAGS, 1, All, All)
            .Field(PCI_MSI_ADDRESS_LO, 4, All, All)
            .Field(is64 ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32, 2, All, All);
        if (is64)
        {
            table.Field(PCI_MSI_ADDRESS_HI, 4, All, All);
        }

        if ((flags & PCI_MSI_FLAGS_MASKBIT) != 0)
        {
            table.Field(is64 ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32, 4, None, All)
                .Field(is64 ? PCI_MSI_PENDING_64 : PCI_MSI_PENDING_32, 4, None, All);
        }

        return table;
    }

    private static ConfigPermissions Capability(int length, Action<VfioPciConfig, ConfigAccess, uint> write)
        => new ConfigPermissions(length, VfioPciConfig.ReadDefault, write).Field(PCI_CAP_LIST_NEXT, 1, All, None);

    private static ConfigPermissions Extended(int length)
        => new ConfigPermissions(length, VfioPciConfig.ReadDefault, VfioPciConfig.WriteDefault).Field(0, 4, All, None);

    private static ConfigPermissions MakeHeader()
    {
        var header = new ConfigPermissions(PCI_STD_HEADER_SIZEOF, VfioPciConfig.ReadHeader, VfioPciConfig.WriteHeader)
            .Field(PCI_VENDOR_ID, 2, All, None)
            .Field(PCI_DEVICE_ID, 2, All, None)
            .Field(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE, All)
            .Field(PCI_STATUS, 2, PCI_STATUS_CAP_LIST, None)
            .Field(PCI_CACHE_LINE_SIZE, 1, None, All)
            .Field(PCI_LATENCY_TIMER, 1, None, All)
            .Field(PCI_BIST, 1, None, All)
            .Field(PCI_ROM_ADDRESS, 4, All, All)
            .Field(PCI_CAPABILITY_LIST, 1, All, None)
            .Field(PCI_INTERRUPT_LINE, 1, All, All)
            .Field(PCI_INTERRUPT_PIN, 1, All, None);
        for (var at = PCI_BASE_ADDRESS_0; at <= PCI_BASE_ADDRESS_5; at += 4)
        {
            header.Field(at, 4, All, All);
        }

        return header;
    }
}
