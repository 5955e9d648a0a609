namespace Viaduct.Kvm;

/// <summary>Who answers what KVM does not: the VMM, after KVM_EXIT_PAPR_HCALL.</summary>
public interface ITceVmm
{
    /// <summary>Answers a hypercall. Any number of virtual processors' threads at once.</summary>
    /// <param name="number">One of <see cref="Hcall"/>, or another.</param>
    /// <param name="liobn">r4.</param>
    /// <param name="ioba">r5.</param>
    /// <param name="argument">r6: the TCE, the value or the list.</param>
    /// <param name="count">r7.</param>
    /// <param name="value">For r4; zero where the call has no result.</param>
    /// <returns>For r3.</returns>
    long Answer(ulong number, ulong liobn, ulong ioba, ulong argument, ulong count, out ulong value);
}
