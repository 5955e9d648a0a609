namespace Viaduct.Pci.Hardware;

/// <summary>
/// PCI Express capability of an endpoint. A function that has it has 4096 bytes of configuration space.
/// </summary>
/// <param name="hasFunctionLevelReset">DEVCAP.FLR: DEVCTL.FLR resets the function.</param>
/// <param name="linkSpeed">Link speed, maximum and negotiated: 1 is 2.5 GT/s, 2 5, 3 8, 4 16.</param>
/// <param name="linkWidth">Lanes, maximum and negotiated: 1 to 32.</param>
/// <param name="flags">PCI Express Capabilities Register: version in 3:0, type in 7:4. Version 1 has fewer registers, and so has an
/// endpoint that is integrated in the root complex, which has no link.</param>
public sealed class PciExpressCapability(bool hasFunctionLevelReset, byte linkSpeed = 1, byte linkWidth = 1, ushort flags = 2)
    : FunctionCapability(PCI_CAP_ID_EXP, LengthOf(flags))
{
    private const uint RoleBasedErrors = 1 << 15;

    // DEVCTL: relaxed ordering and no snoop enabled, reads of at most 512 bytes (PCIe 3.0, 7.8.4).
    private const uint DeviceControlReset = 0x2810;
    private const uint DeviceControlWritable = 0x78ff;
    private const uint DeviceStatusErrors = 0x000f;
    private const uint LinkControlWritable = 0x00c3;
    private const int LinkStatus2 = 0x32;

    /// <summary>DEVCAP.FLR.</summary>
    public bool HasFunctionLevelReset { get; } = hasFunctionLevelReset;

    /// <inheritdoc/>
    protected override void Declare(PciConfigSpace config)
    {
        var link = linkSpeed | ((uint)linkWidth << 4);
        config.Declare(Offset + PCI_EXP_FLAGS, 2, flags);
        config.Declare(
            Offset + PCI_EXP_DEVCAP, 4, RoleBasedErrors | (HasFunctionLevelReset ? (uint)PCI_EXP_DEVCAP_FLR : 0));
        config.Declare(Offset + PCI_EXP_DEVCTL, 2, DeviceControlReset, DeviceControlWritable);
        config.Declare(Offset + PCI_EXP_DEVSTA, 2, 0, 0, DeviceStatusErrors);
        if (Has(PCI_EXP_LNKSTA))
        {
            config.Declare(Offset + PCI_EXP_LNKCAP, 4, link);
            config.Declare(Offset + PCI_EXP_LNKCTL, 2, 0, LinkControlWritable);
            config.Declare(Offset + PCI_EXP_LNKSTA, 2, link);
        }

        if (Has(PCI_EXP_DEVCTL2))
        {
            config.Declare(Offset + PCI_EXP_DEVCAP2, 4, 0);
            config.Declare(Offset + PCI_EXP_DEVCTL2, 2, 0);
        }

        if (Has(LinkStatus2))
        {
            config.Declare(Offset + PCI_EXP_LNKCAP2, 4, ((1u << linkSpeed) - 1) << 1);
            config.Declare(Offset + PCI_EXP_LNKCTL2, 2, linkSpeed, 0x000f);
        }
    }

    /// <summary>True where the capability is long enough to have a register.</summary>
    /// <param name="register">Bytes from its start.</param>
    internal bool Has(int register) => register < Length;

    /// <inheritdoc/>
    protected internal override void Written(int first, int last, uint value)
    {
        const int ResetByte = PCI_EXP_DEVCTL + 1;
        if (HasFunctionLevelReset && Covers(first, last, ResetByte, 1)
            && ((value >> (8 * (ResetByte - first))) & (PCI_EXP_DEVCTL_BCR_FLR >> 8)) != 0)
        {
            Function.ResetLocked(PciResetKind.Function);
        }
    }

    /// <summary>Bytes of the capability.</summary>
    /// <param name="flags">PCI Express Capabilities Register.</param>
    public static int LengthOf(ushort flags)
    {
        var isIntegrated = (flags & PCI_EXP_FLAGS_TYPE) >> 4 == PCI_EXP_TYPE_RC_END;
        return (flags & PCI_EXP_FLAGS_VERS, isIntegrated) switch
        {
            ( < 2, true) => PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V1,
            ( < 2, false) => PCI_CAP_EXP_ENDPOINT_SIZEOF_V1,
            (_, true) => PCI_CAP_EXP_RC_ENDPOINT_SIZEOF_V2,
            (_, false) => PCI_CAP_EXP_ENDPOINT_SIZEOF_V2,
        };
    }
}
