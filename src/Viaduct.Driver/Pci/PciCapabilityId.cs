namespace Viaduct.Driver;

/// <summary>Capability numbers of the list that 0x34 points to (PCI Code and ID Assignment Specification).</summary>
public static class PciCapabilityId
{
    /// <summary>Power management.</summary>
    public const ushort PowerManagement = 0x01;

    /// <summary>Message signalled interrupts.</summary>
    public const ushort Msi = 0x05;

    /// <summary>The vendor's own.</summary>
    public const ushort VendorSpecific = 0x09;

    /// <summary>PCI Express.</summary>
    public const ushort PciExpress = 0x10;

    /// <summary>MSI-X.</summary>
    public const ushort Msix = 0x11;
}
