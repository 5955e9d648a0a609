namespace Viaduct.Iommu.SpaprTce;

/// <summary>A translation control entry: an address with what the device may do in its two lowest bits; arch/powerpc/include/asm/tce.h,
/// and PAPR for what guests write.</summary>
public static class Tce
{
    /// <summary>TCE_PCI_READ: the device may read.</summary>
    public const ulong Read = 1;

    /// <summary>TCE_PCI_WRITE: the device may write.</summary>
    public const ulong Write = 2;

    /// <summary>Both.</summary>
    public const ulong Permissions = Read | Write;

    /// <summary>What the device may do; nothing where the entry is none.</summary>
    public static DmaAccess AccessOf(ulong tce)
        => ((tce & Read) != 0 ? DmaAccess.Read : DmaAccess.None) | ((tce & Write) != 0 ? DmaAccess.Write : DmaAccess.None);
}
