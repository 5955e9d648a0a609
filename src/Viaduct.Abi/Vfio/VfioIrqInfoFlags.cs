namespace Viaduct.Abi;

/// <summary><see cref="VfioIrqInfo.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioIrqInfoFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Interrupts can be signalled to eventfds.</summary>
    VFIO_IRQ_INFO_EVENTFD = 1 << 0,

    /// <summary>Mask and unmask actions work.</summary>
    VFIO_IRQ_INFO_MASKABLE = 1 << 1,

    /// <summary>An interrupt masks itself when signalled (level triggered).</summary>
    VFIO_IRQ_INFO_AUTOMASKED = 1 << 2,

    /// <summary>The number of enabled interrupts is fixed until the index is disabled.</summary>
    VFIO_IRQ_INFO_NORESIZE = 1 << 3,
}
