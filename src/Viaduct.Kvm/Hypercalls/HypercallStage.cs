namespace Viaduct.Kvm;

/// <summary>Who answered a hypercall.</summary>
public enum HypercallStage
{
    /// <summary>The handler that neither sleeps nor allocates nor locks: once the kernel's real mode.</summary>
    Fast,

    /// <summary>The one that may: the kernel's virtual mode.</summary>
    Slow,

    /// <summary>The VMM, after an exit (KVM_EXIT_PAPR_HCALL).</summary>
    Vmm,
}
