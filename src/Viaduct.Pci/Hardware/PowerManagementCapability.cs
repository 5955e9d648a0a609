namespace Viaduct.Pci.Hardware;

/// <summary>
/// PCI Power Management 1.2: D0 and D3hot. In D3hot the function decodes nothing, masters nothing and raises no
/// interrupt; leaving it resets the function unless <paramref name="noSoftReset"/>.
/// </summary>
/// <param name="noSoftReset">PMCSR.No_Soft_Reset: the function keeps its state from D3hot to D0.</param>
/// <param name="pmeSupport">PMC.PME_Support: a bit for each of D0, D1, D2, D3hot, D3cold; zero where it sends no
/// PME.</param>
public sealed class PowerManagementCapability(bool noSoftReset, byte pmeSupport = 0)
    : FunctionCapability(PCI_CAP_ID_PM, PCI_PM_SIZEOF)
{
    private const uint Version = 3;
    private const int PmeSupportShift = 11;
    private const uint D3Hot = 3;
    private uint _state;

    /// <summary>False in D3hot.</summary>
    public bool IsPowered => _state == 0;

    /// <summary>True where the function keeps its state from D3hot to D0.</summary>
    public bool NoSoftReset { get; } = noSoftReset;

    /// <inheritdoc/>
    protected override void Declare(PciConfigSpace config)
    {
        var hasPme = pmeSupport != 0;
        config.Declare(Offset + PCI_PM_PMC, 2, Version | ((uint)pmeSupport << PmeSupportShift));
        config.Declare(
            Offset + PCI_PM_CTRL,
            4,
            NoSoftReset ? (uint)PCI_PM_CTRL_NO_SOFT_RESET : 0,
            PCI_PM_CTRL_STATE_MASK | (hasPme ? (uint)PCI_PM_CTRL_PME_ENABLE : 0),
            hasPme ? (uint)PCI_PM_CTRL_PME_STATUS : 0);
    }

    /// <inheritdoc/>
    protected internal override void Written(int first, int last, uint value)
    {
        if (!Covers(first, last, PCI_PM_CTRL, 1))
        {
            return;
        }

        var wanted = Get(PCI_PM_CTRL, 1) & PCI_PM_CTRL_STATE_MASK;
        if (wanted is not (0 or D3Hot))
        {
            // D1 and D2 are not supported: such a write is dropped.
            Function.Config.SetBits(Offset + PCI_PM_CTRL, 1, PCI_PM_CTRL_STATE_MASK, on: false);
            Function.Config.SetBits(Offset + PCI_PM_CTRL, 1, _state, on: true);
            return;
        }

        var leaves = _state == D3Hot && wanted == 0;
        _state = wanted;
        if (leaves && !NoSoftReset)
        {
            Function.ResetLocked(PciResetKind.Function);
        }
    }

    /// <inheritdoc/>
    protected internal override void Reset(PciResetKind kind) => _state = 0;

    /// <inheritdoc/>
    protected internal override void Load(ref StateReader state) => _state = Get(PCI_PM_CTRL, 1) & PCI_PM_CTRL_STATE_MASK;
}
