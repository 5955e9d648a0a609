namespace Viaduct.Kvm;

/// <summary>The hypercalls as bits of what a machine has enabled.</summary>
internal static class HcallBit
{
    public const int Get = 0;
    public const int Put = 1;
    public const int Stuff = 2;
    public const int Indirect = 3;

    /// <summary>Null where KVM has no such call.</summary>
    public static int? Of(ulong number) => number switch
    {
        Hcall.H_GET_TCE => Get,
        Hcall.H_PUT_TCE => Put,
        Hcall.H_STUFF_TCE => Stuff,
        Hcall.H_PUT_TCE_INDIRECT => Indirect,
        _ => null,
    };
}
