namespace Viaduct.Kvm;

/// <summary>What a hypercall came to. It fits into two registers.</summary>
public readonly record struct HypercallResult
{
    // In this order it is 16 bytes.
    private readonly ulong _value;
    private readonly int _returnCode;
    private readonly HypercallStage _answeredBy;

    /// <summary>An answer.</summary>
    /// <param name="answeredBy">Who answered.</param>
    /// <param name="returnCode">r3, of 32 bits.</param>
    /// <param name="value">r4.</param>
    /// <exception cref="OverflowException">No hypercall has such a return code.</exception>
    public HypercallResult(HypercallStage answeredBy, long returnCode, ulong value = 0)
    {
        _value = value;
        _returnCode = checked((int)returnCode);
        _answeredBy = answeredBy;
    }

    /// <summary>r4: the TCE, of H_GET_TCE that succeeded; otherwise zero, and the guest's register stays as it was.</summary>
    public ulong Value => _value;

    /// <summary>r3: one of <see cref="Hcall"/>; <see cref="Hcall.H_TOO_HARD"/> only where there is no VMM to ask.</summary>
    public long ReturnCode => _returnCode;

    /// <summary>Who answered.</summary>
    public HypercallStage AnsweredBy => _answeredBy;
}
