namespace Viaduct.Pci.VfioPci;

/// <content>The capabilities whose writes do something: PM, MSI, PCI Express, Advanced Features.</content>
internal sealed partial class VfioPciConfig
{
    private const int MinReadRequest = 128;
    private const int MaxReadRequest = 4096;

    /// <summary>vfio_pm_config_write: the state is not written but changed.</summary>
    internal static void WritePower(VfioPciConfig config, ConfigAccess access, uint value)
    {
        WriteDefault(config, access, value);
        if (access.Offset == PCI_PM_CTRL)
        {
            config._device.SetPowerState((int)(value & PCI_PM_CTRL_STATE_MASK));
        }
    }

    /// <summary>vfio_msi_config_write: MSI is enabled by SET_IRQS only, with no more vectors than it got
    /// there.</summary>
    internal static void WriteMsi(VfioPciConfig config, ConfigAccess access, uint value)
    {
        WriteDefault(config, access, value);
        if (access.Offset > PCI_MSI_FLAGS || access.Offset + access.Count < PCI_MSI_FLAGS)
        {
            return;
        }

        var at = access.Start + PCI_MSI_FLAGS;
        var interrupts = config._device.Interrupts;
        var flags = config.GetVirtual(at, 2);
        if (!interrupts.IsMsi)
        {
            flags &= ~(uint)PCI_MSI_FLAGS_ENABLE;
        }

        if ((flags & PCI_MSI_FLAGS_QSIZE) >> 4 > interrupts.MsiQueueMax)
        {
            flags = (flags & ~(uint)PCI_MSI_FLAGS_QSIZE) | (interrupts.MsiQueueMax << 4);
        }

        config.SetVirtual(at, 2, flags);
        config.SetChip(at, 2, flags);
    }

    /// <summary>vfio_exp_config_write: FLR resets through the host and reads zero; a read request size goes to the
    /// chip, but not below its payload size.</summary>
    internal static void WriteExpress(VfioPciConfig config, ConfigAccess access, uint value)
    {
        var at = access.Start + PCI_EXP_DEVCTL;
        var requestBefore = config.GetVirtual(at, 2) & PCI_EXP_DEVCTL_READRQ;
        WriteDefault(config, access, value);
        var control = config.GetVirtual(at, 2);
        if ((control & PCI_EXP_DEVCTL_BCR_FLR) != 0)
        {
            control &= ~(uint)PCI_EXP_DEVCTL_BCR_FLR;
            config.SetVirtual(at, 2, control);
            if ((config.GetChip(access.Start + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR) != 0)
            {
                config._device.TryResetFunction();
            }
        }

        if (requestBefore != (control & PCI_EXP_DEVCTL_READRQ))
        {
            config.SetReadRequest(at, (int)((control & PCI_EXP_DEVCTL_READRQ) >> 12));
        }
    }

    /// <summary>vfio_af_config_write.</summary>
    internal static void WriteAdvancedFeatures(VfioPciConfig config, ConfigAccess access, uint value)
    {
        const uint CanReset = PCI_AF_CAP_FLR | PCI_AF_CAP_TP;
        WriteDefault(config, access, value);
        var at = access.Start + PCI_AF_CTRL;
        var control = config.GetVirtual(at, 1);
        if ((control & PCI_AF_CTRL_FLR) != 0)
        {
            config.SetVirtual(at, 1, control & ~(uint)PCI_AF_CTRL_FLR);
            if ((config.GetChip(access.Start + PCI_AF_CAP, 1) & CanReset) == CanReset)
            {
                config._device.TryResetFunction();
            }
        }
    }

    /// <summary>vfio_vpd_config_write: a write of the address's upper byte, and so of its flag, transfers four bytes through the host.
    /// The flag turns only if that worked; a client whose flag stays takes it for a time-out.</summary>
    internal static void WriteVpd(VfioPciConfig config, ConfigAccess access, uint value)
    {
        const int FlagByte = PCI_VPD_ADDR + 1;
        WriteDefault(config, access, value);
        if (!access.Covers(FlagByte))
        {
            return;
        }

        var at = access.Start + PCI_VPD_ADDR;
        var address = config.GetVirtual(at, 2);
        var place = (int)(address & PCI_VPD_ADDR_MASK);
        if ((address & PCI_VPD_ADDR_F) != 0)
        {
            if (!config._vpd.TryWrite(place, config.GetVirtual(access.Start + PCI_VPD_DATA, 4)))
            {
                return;
            }
        }
        else if (config._vpd.TryRead(place, out var data))
        {
            config.SetVirtual(access.Start + PCI_VPD_DATA, 4, data);
        }
        else
        {
            return;
        }

        config.SetVirtual(at, 2, address ^ PCI_VPD_ADDR_F);
    }

    /// <summary>pcie_set_readrq: sizes above 4096 bytes do not exist.</summary>
    private void SetReadRequest(int at, int encoded)
    {
        var chip = GetChip(at, 2);
        var payload = MinReadRequest << (int)((chip & PCI_EXP_DEVCTL_PAYLOAD) >> 5);
        var size = Math.Max(MinReadRequest << encoded, payload);
        if (size <= MaxReadRequest)
        {
            var field = (uint)int.Log2(size / MinReadRequest) << 12;
            SetChip(at, 2, (chip & ~(uint)PCI_EXP_DEVCTL_READRQ) | field);
        }
    }
}
