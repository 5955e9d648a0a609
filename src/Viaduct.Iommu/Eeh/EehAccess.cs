namespace Viaduct.Iommu.Eeh;

/// <summary>How the processor reaches a device.</summary>
public enum EehAccess
{
    /// <summary>A load from a memory BAR.</summary>
    LoadMemory,

    /// <summary>A store to one.</summary>
    StoreMemory,

    /// <summary>A load from ports.</summary>
    LoadIo,

    /// <summary>A store to ports.</summary>
    StoreIo,

    /// <summary>A read of configuration space.</summary>
    LoadConfig,

    /// <summary>A write of it.</summary>
    StoreConfig,
}
