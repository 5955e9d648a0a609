namespace Viaduct.VfioUser.Protocol;

/// <summary>The messages: "Commands" of the specification, and the header's names.</summary>
public enum VfioUserCommand : ushort
{
    /// <summary>No message.</summary>
    None = 0,

    /// <summary>The first message: what each side can.</summary>
    VFIO_USER_VERSION = 1,

    /// <summary>Memory that the device may reach.</summary>
    VFIO_USER_DMA_MAP = 2,

    /// <summary>Memory that it may not reach any more.</summary>
    VFIO_USER_DMA_UNMAP = 3,

    /// <summary>struct vfio_device_info.</summary>
    VFIO_USER_DEVICE_GET_INFO = 4,

    /// <summary>struct vfio_region_info, with a descriptor where the region can be mapped.</summary>
    VFIO_USER_DEVICE_GET_REGION_INFO = 5,

    /// <summary>Eventfds that stand for writes to a region.</summary>
    VFIO_USER_DEVICE_GET_REGION_IO_FDS = 6,

    /// <summary>struct vfio_irq_info.</summary>
    VFIO_USER_DEVICE_GET_IRQ_INFO = 7,

    /// <summary>struct vfio_irq_set; its eventfds come beside it.</summary>
    VFIO_USER_DEVICE_SET_IRQS = 8,

    /// <summary>Reads a region.</summary>
    VFIO_USER_REGION_READ = 9,

    /// <summary>Writes a region.</summary>
    VFIO_USER_REGION_WRITE = 10,

    /// <summary>From the server: reads the client's memory.</summary>
    VFIO_USER_DMA_READ = 11,

    /// <summary>From the server: writes the client's memory.</summary>
    VFIO_USER_DMA_WRITE = 12,

    /// <summary>Resets the device.</summary>
    VFIO_USER_DEVICE_RESET = 13,

    /// <summary>Several small writes in one message.</summary>
    VFIO_USER_REGION_WRITE_MULTI = 15,

    /// <summary>struct vfio_device_feature.</summary>
    VFIO_USER_DEVICE_FEATURE = 16,

    /// <summary>A piece of the device's state.</summary>
    VFIO_USER_MIG_DATA_READ = 17,

    /// <summary>A piece of a state for the device.</summary>
    VFIO_USER_MIG_DATA_WRITE = 18,
}
