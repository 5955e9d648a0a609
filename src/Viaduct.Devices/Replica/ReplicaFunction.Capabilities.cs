using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Replica;

/// <content>
/// The capabilities that do something. The lists stay as the dump has them, loops and all; of each kind the first one works, which is
/// the one that a host finds. What a host sets in them (addresses, enable bits, errors) is as after a reset.
/// </content>
public sealed partial class ReplicaFunction
{
    // The list is longer only if it is a loop.
    private const int MostExtendedCapabilities = 480;
    private const int MostMsiVectors = 32;
    private const int MsixTableSizeMask = 0x7ff;
    private const uint BarIndexMask = 7;
    private const int VendorHeaderSize = 4;
    private const int VendorExtendedHeaderSize = 8;
    private const int PowerBudgetSelect = 8;

    /// <remarks>All that is asked here is asked of the dump: of capabilities that lie over each other, one that is attached
    /// changes what the next would read of itself.</remarks>
    private void AttachCapabilities(ReplicaFace face)
    {
        if ((Word(PCI_STATUS) & PCI_STATUS_CAP_LIST) == 0)
        {
            return;
        }

        foreach (var (id, at) in face.Capabilities())
        {
            Attach(face, id, at);
        }

        if (ConfigSize > PCI_CFG_SPACE_SIZE)
        {
            DeclareExtended();
        }
    }

    private void Attach(ReplicaFace face, byte id, int at)
    {
        switch (id)
        {
            case PCI_CAP_ID_PM:
                AttachCapability(
                    new PowerManagementCapability(
                        (face.Word(at + PCI_PM_CTRL) & PCI_PM_CTRL_NO_SOFT_RESET) != 0, (byte)(face.Word(at + PCI_PM_PMC) >> 11)),
                    at);
                Forget(at + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK | PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS);
                break;
            case PCI_CAP_ID_VPD:
                AttachCapability(new VpdCapability(face.Vpd), at);
                break;
            case PCI_CAP_ID_MSI:
                AttachMsi(face, at);
                break;
            case PCI_CAP_ID_MSIX:
                AttachMsix(face, at);
                break;
            case PCI_CAP_ID_EXP:
                var canReset = (face.Word(at + PCI_EXP_DEVCAP + 2) & (PCI_EXP_DEVCAP_FLR >> 16)) != 0;
                AttachCapability(new PciExpressCapability(canReset, flags: (ushort)face.Word(at + PCI_EXP_FLAGS)), at);
                Forget(at + PCI_EXP_DEVSTA, 0x000f);
                break;
            case PCI_CAP_ID_VNDR:
                DeclareMemory(at + VendorHeaderSize - 1, at + face.Config[at + PCI_CAP_FLAGS], PCI_CFG_SPACE_SIZE);
                break;
            default:
                AttachCapability(new RawCapability(id, id == PCI_CAP_ID_AF ? new byte[PCI_CAP_AF_SIZEOF - 2] : []), at);
                break;
        }
    }

    private void AttachMsi(ReplicaFace face, int at)
    {
        var flags = face.Word(at + PCI_MSI_FLAGS);
        var msi = new MsiCapability(
            Math.Min(MostMsiVectors, 1 << ((flags & PCI_MSI_FLAGS_QMASK) >> 1)),
            (flags & PCI_MSI_FLAGS_64BIT) != 0,
            (flags & PCI_MSI_FLAGS_MASKBIT) != 0);
        AttachCapability(msi, at);
        Forget(at + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
        _config.AsSpan(at + PCI_MSI_ADDRESS_LO, msi.Length - PCI_MSI_ADDRESS_LO).Clear();
    }

    private void AttachMsix(ReplicaFace face, int at)
    {
        var table = BinaryPrimitives.ReadUInt32LittleEndian(face.Config.AsSpan(at + PCI_MSIX_TABLE));
        var pending = BinaryPrimitives.ReadUInt32LittleEndian(face.Config.AsSpan(at + PCI_MSIX_PBA));
        AttachCapability(
            new MsixCapability(
                (face.Word(at + PCI_MSIX_FLAGS) & MsixTableSizeMask) + 1,
                (int)(table & BarIndexMask),
                table & ~BarIndexMask,
                (int)(pending & BarIndexMask),
                pending & ~BarIndexMask),
            at);
        Forget(at + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    }

    /// <summary>What clients can write of extended capabilities: errors, the selector of power budgeting, and what a vendor
    /// defined.</summary>
    private void DeclareExtended()
    {
        var at = PCI_CFG_SPACE_SIZE;
        for (var left = MostExtendedCapabilities; at >= PCI_CFG_SPACE_SIZE && left > 0; left--)
        {
            var header = BinaryPrimitives.ReadUInt32LittleEndian(_config.AsSpan(at));
            switch (header & 0xffff)
            {
                case PCI_EXT_CAP_ID_ERR when at + PCI_ERR_HEADER_LOG <= _config.Length:
                    DeclareErrors(at);
                    break;
                case PCI_EXT_CAP_ID_SRIOV when at + SriovCapability.Length <= _config.Length:
                    // The host that it was taken from may have had virtual functions.
                    _config.AsSpan(at + PciSriov.PCI_SRIOV_CTRL, 2).Clear();
                    _config.AsSpan(at + PciSriov.PCI_SRIOV_NUM_VF, 2).Clear();
                    break;
                case PCI_EXT_CAP_ID_PWR when at + PowerBudgetSelect < _config.Length:
                    Config.Declare(at + PowerBudgetSelect, 1, 0, 0xff);
                    break;
                case PCI_EXT_CAP_ID_VNDR or PCI_EXT_CAP_ID_DVSEC when at + VendorExtendedHeaderSize <= _config.Length:
                    DeclareMemory(at + VendorExtendedHeaderSize, at + (Word(at + 6) >> 4), _config.Length);
                    break;
                default:
                    break;
            }

            at = (int)(header >> 20) & ~3;
        }
    }

    private void DeclareErrors(int at)
    {
        const uint Ecrc = PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE;
        Config.Declare(at + PCI_ERR_UNCOR_STATUS, 4, 0, 0, uint.MaxValue);
        Config.Declare(at + PCI_ERR_UNCOR_MASK, 4, 0, uint.MaxValue);
        Config.Declare(at + PCI_ERR_UNCOR_SEVER, 4, 0, uint.MaxValue);
        Config.Declare(at + PCI_ERR_COR_STATUS, 4, 0, 0, uint.MaxValue);
        Config.Declare(at + PCI_ERR_COR_MASK, 4, 0, uint.MaxValue);
        Config.Declare(at + PCI_ERR_CAP, 4, 0, Ecrc);
        Config.Keep(at + PCI_ERR_UNCOR_STATUS, PCI_ERR_HEADER_LOG - PCI_ERR_UNCOR_STATUS);
        _config.AsSpan(at + PCI_ERR_UNCOR_STATUS, 4).Clear();
        _config.AsSpan(at + PCI_ERR_COR_STATUS, 4).Clear();
    }

    private void DeclareMemory(int first, int end, int limit)
    {
        end = Math.Min(end, limit);
        if (first < end)
        {
            Config.DeclareScratch(first, end - first);
        }
    }

    private void Forget(int offset, int bits)
        => BinaryPrimitives.WriteUInt16LittleEndian(_config.AsSpan(offset), (ushort)(Word(offset) & ~bits));
}
