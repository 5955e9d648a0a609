namespace Viaduct.Cli.Machine;

/// <summary>What the command line says of the machine as a whole.</summary>
internal sealed record MachineOptions
{
    /// <summary>The IOMMU before devices that do not name one.</summary>
    public IommuSpec Iommu { get; init; } = new(IommuKind.Type1);

    /// <summary>The IOMMU keeps devices from forging each other's interrupts.</summary>
    public bool InterruptRemapping { get; init; } = true;

    /// <summary>The parameter enable_sriov of vfio-pci: clients' devices may have virtual functions.</summary>
    public bool EnableSriov { get; init; }

    /// <summary>The parameter allow_unsafe_interrupts, of type1 and of iommufd: without remapping, too, devices may be used.</summary>
    public bool AllowUnsafeInterrupts { get; init; }

    /// <summary>The IOMMU's page tables can remember which pages devices wrote.</summary>
    public bool DirtyTracking { get; init; }

    /// <summary>BARs answer whatever a device's COMMAND says, as vfio-user's clients expect.</summary>
    public bool DecodesAlways { get; init; }
}
