namespace Viaduct.Iommu.Tests;

/// <summary>What a step does.</summary>
public enum DirtyStepKind
{
    /// <summary>The device writes bytes.</summary>
    Write,

    /// <summary>The device fills memory.</summary>
    Fill,

    /// <summary>The device copies.</summary>
    Copy,

    /// <summary>The device has the memory in place.</summary>
    Lease,

    /// <summary>The device reads bytes.</summary>
    Read,

    /// <summary>The client asks, and what it is told is forgotten.</summary>
    Take,

    /// <summary>The client asks with NO_CLEAR.</summary>
    Look,

    /// <summary>Tracking begins, perhaps anew.</summary>
    Start,

    /// <summary>Tracking ends.</summary>
    Stop,

    /// <summary>The device goes to another table.</summary>
    Attach,

    /// <summary>A piece is mapped, or unmapped where it is.</summary>
    Toggle,
}
