namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceIoeventfd.Flags"/>, vfio.h: the width of the write.</summary>
[Flags]
public enum VfioDeviceIoeventfdFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>1 byte.</summary>
    VFIO_DEVICE_IOEVENTFD_8 = 1 << 0,

    /// <summary>2 bytes.</summary>
    VFIO_DEVICE_IOEVENTFD_16 = 1 << 1,

    /// <summary>4 bytes.</summary>
    VFIO_DEVICE_IOEVENTFD_32 = 1 << 2,

    /// <summary>8 bytes.</summary>
    VFIO_DEVICE_IOEVENTFD_64 = 1 << 3,

    /// <summary>All widths.</summary>
    VFIO_DEVICE_IOEVENTFD_SIZE_MASK = 0xF,
}
