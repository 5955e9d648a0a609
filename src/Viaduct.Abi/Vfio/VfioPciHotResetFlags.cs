namespace Viaduct.Abi;

/// <summary><see cref="VfioPciHotResetInfo.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioPciHotResetFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Devices are named by iommufd device id, not by group.</summary>
    VFIO_PCI_HOT_RESET_FLAG_DEV_ID = 1 << 0,

    /// <summary>Every device is owned by the caller's iommufd.</summary>
    VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED = 1 << 1,
}
