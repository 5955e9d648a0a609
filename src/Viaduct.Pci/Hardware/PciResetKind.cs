namespace Viaduct.Pci.Hardware;

/// <summary>What resets a function.</summary>
public enum PciResetKind
{
    /// <summary>Power on, or a reset of its bus: everything.</summary>
    Cold,

    /// <summary>Function-level reset, or the D3hot to D0 transition of a function without No_Soft_Reset.</summary>
    Function,
}
