namespace Viaduct.Kvm;

/// <summary>Hypercalls of PAPR for DMA windows, and what they return; asm/hvcall.h. The number goes in r3, arguments from r4 on; the return
/// code comes in r3, a result in r4.</summary>
public static class Hcall
{
    /// <summary>Reads an entry: LIOBN, bus address; r4 is the TCE.</summary>
    public const ulong H_GET_TCE = 0x1C;

    /// <summary>Writes an entry: LIOBN, bus address, TCE.</summary>
    public const ulong H_PUT_TCE = 0x20;

    /// <summary>Writes one value to many entries: LIOBN, bus address, value, how many.</summary>
    public const ulong H_STUFF_TCE = 0x138;

    /// <summary>Writes many entries from a list in guest memory: LIOBN, bus address, the list's address, how many.</summary>
    public const ulong H_PUT_TCE_INDIRECT = 0x13C;

    /// <summary>Done.</summary>
    public const long H_SUCCESS = 0;

    /// <summary>There is no such call.</summary>
    public const long H_FUNCTION = -2;

    /// <summary>An argument is wrong.</summary>
    public const long H_PARAMETER = -4;

    /// <summary>Never the guest's: who was asked cannot answer, and the one above has to.</summary>
    public const long H_TOO_HARD = 9999;

    /// <summary>Entries that H_PUT_TCE_INDIRECT's list may have: a page of 4 KiB.</summary>
    public const int MaxIndirect = 512;
}
