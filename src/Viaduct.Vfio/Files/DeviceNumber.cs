namespace Viaduct.Vfio.Files;

/// <summary>dev_t of a character device, as st_rdev shows it.</summary>
public readonly record struct DeviceNumber(uint Major, uint Minor)
{
    /// <summary>/dev/vfio/vfio: a misc device with a fixed minor (VFIO_MINOR, linux/miscdevice.h).</summary>
    public static DeviceNumber Container => new(10, 196);

    /// <summary>/dev/iommu: a misc device whose minor the kernel picks; those begin behind the fixed ones.</summary>
    public static DeviceNumber Iommufd => new(10, 256);

    /// <summary>/dev/vfio/devices/vfioN: a major that the kernel picks; clients compare it with what sysfs says.</summary>
    /// <param name="index">N.</param>
    public static DeviceNumber Cdev(int index) => new(511, (uint)index);
}
