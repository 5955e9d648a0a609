namespace Viaduct.Driver;

/// <summary>Which of the kernel's two interfaces a device is opened through.</summary>
public enum VfioApi
{
    /// <summary>The device's own node with iommufd, where kernel and rights allow it; else its group.</summary>
    Auto,

    /// <summary>A group in a container: /dev/vfio/vfio and /dev/vfio/N. All kernels have it.</summary>
    Group,

    /// <summary>The device's own node with iommufd: /dev/iommu and /dev/vfio/devices/vfioN. Linux 6.6 and later.</summary>
    Cdev,
}
