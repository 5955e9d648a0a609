namespace Viaduct.Abi;

/// <summary>Flags of <see cref="KvmUserspaceMemoryRegion"/>.</summary>
public static class KvmMemory
{
    /// <summary>Pages that are written are to be logged.</summary>
    public const uint KVM_MEM_LOG_DIRTY_PAGES = 1;
}
