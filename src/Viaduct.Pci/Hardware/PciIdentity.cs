namespace Viaduct.Pci.Hardware;

/// <summary>The read-only identification of a function, configuration space 0x00-0x2f.</summary>
public sealed record PciIdentity
{
    /// <summary>Vendor ID, 0x00.</summary>
    public required ushort VendorId { get; init; }

    /// <summary>Device ID, 0x02.</summary>
    public required ushort DeviceId { get; init; }

    /// <summary>Revision ID, 0x08.</summary>
    public byte Revision { get; init; }

    /// <summary>Class code, 0x09-0x0b: base class in bits 23:16, sub-class in 15:8, programming interface in
    /// 7:0.</summary>
    public required uint ClassCode { get; init; }

    /// <summary>Subsystem Vendor ID, 0x2c.</summary>
    public ushort SubsystemVendorId { get; init; }

    /// <summary>Subsystem ID, 0x2e.</summary>
    public ushort SubsystemId { get; init; }

    /// <summary>Interrupt Pin, 0x3d: 0 none, 1 INTA … 4 INTD.</summary>
    public byte InterruptPin { get; init; }
}
