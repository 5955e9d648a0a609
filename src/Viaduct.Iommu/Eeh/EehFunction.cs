namespace Viaduct.Iommu.Eeh;

/// <summary>What an injected error waits for: EEH_ERR_FUNC_*, asm/eeh.h; enum OpalErrinjectFunc.</summary>
public enum EehFunction : uint
{
    /// <summary>A load from memory space fails by its address.</summary>
    LoadMemoryAddress = 0,

    /// <summary>A load from memory space fails by its data.</summary>
    LoadMemoryData = 1,

    /// <summary>A load from ports, by its address.</summary>
    LoadIoAddress = 2,

    /// <summary>A load from ports, by its data.</summary>
    LoadIoData = 3,

    /// <summary>A read of configuration space, by its address.</summary>
    LoadConfigAddress = 4,

    /// <summary>A read of configuration space, by its data.</summary>
    LoadConfigData = 5,

    /// <summary>A store to memory space, by its address.</summary>
    StoreMemoryAddress = 6,

    /// <summary>A store to memory space, by its data.</summary>
    StoreMemoryData = 7,

    /// <summary>A store to ports, by its address.</summary>
    StoreIoAddress = 8,

    /// <summary>A store to ports, by its data.</summary>
    StoreIoData = 9,

    /// <summary>A write of configuration space, by its address.</summary>
    StoreConfigAddress = 10,

    /// <summary>A write of configuration space, by its data.</summary>
    StoreConfigData = 11,

    /// <summary>The last one: DMA, which cannot be injected here.</summary>
    DmaWriteTarget = 19,
}
