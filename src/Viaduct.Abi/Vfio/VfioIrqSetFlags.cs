namespace Viaduct.Abi;

/// <summary><see cref="VfioIrqSet.Flags"/>, vfio.h: one DATA and one ACTION bit.</summary>
[Flags]
public enum VfioIrqSetFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>No data: act on the whole range.</summary>
    VFIO_IRQ_SET_DATA_NONE = 1 << 0,

    /// <summary>A byte for each interrupt: act where it is not 0.</summary>
    VFIO_IRQ_SET_DATA_BOOL = 1 << 1,

    /// <summary>A file descriptor (s32) for each interrupt; -1 takes it away.</summary>
    VFIO_IRQ_SET_DATA_EVENTFD = 1 << 2,

    /// <summary>Mask.</summary>
    VFIO_IRQ_SET_ACTION_MASK = 1 << 3,

    /// <summary>Unmask.</summary>
    VFIO_IRQ_SET_ACTION_UNMASK = 1 << 4,

    /// <summary>Trigger, or set where triggers go.</summary>
    VFIO_IRQ_SET_ACTION_TRIGGER = 1 << 5,

    /// <summary>All DATA bits.</summary>
    VFIO_IRQ_SET_DATA_TYPE_MASK = 7,

    /// <summary>All ACTION bits.</summary>
    VFIO_IRQ_SET_ACTION_TYPE_MASK = 7 << 3,
}
