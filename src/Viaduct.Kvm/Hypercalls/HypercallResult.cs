namespace Viaduct.Kvm;

/// <summary>What a hypercall came to.</summary>
/// <param name="AnsweredBy">Who answered.</param>
/// <param name="ReturnCode">r3: one of <see cref="Hcall"/>; <see cref="Hcall.H_TOO_HARD"/> only where there is no VMM to ask.</param>
/// <param name="Value">r4: the TCE, of H_GET_TCE that succeeded; otherwise zero, and the guest's register stays as it was.</param>
public readonly record struct HypercallResult(HypercallStage AnsweredBy, long ReturnCode, ulong Value = 0);
