namespace Viaduct.Pci.Hardware;

/// <summary>What resets a function.</summary>
public enum PciResetKind
{
    /// <summary>Power on: everything.</summary>
    Cold,

    /// <summary>Function-level reset, or the D3hot to D0 transition of a function without No_Soft_Reset.</summary>
    Function,

    /// <summary>The bridge above pulled the bus's reset line (a hot reset).</summary>
    Bus,
}
