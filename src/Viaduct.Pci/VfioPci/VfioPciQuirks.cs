using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <summary>Chips that the kernel's driver knows to lie.</summary>
internal static class VfioPciQuirks
{
    private const ushort Intel = 0x8086;

    /// <summary>vfio_pci_nointx: STATUS does not show their INTx, so that a host could not tell it from another's. Clients see no pin;
    /// the line stays disabled.</summary>
    public static bool HasNoUsableIntx(PciIdentity identity)
        => identity.VendorId == Intel && identity.DeviceId is
            0x1572 or 0x1574 or (>= 0x1580 and <= 0x1581) or (>= 0x1583 and <= 0x158b) or (>= 0x37d0 and <= 0x37d2) // i40e
            or 0x1563; // X550
}
