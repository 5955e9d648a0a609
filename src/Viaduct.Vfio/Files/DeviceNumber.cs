namespace Viaduct.Vfio.Files;

/// <summary>dev_t of a character device, as st_rdev shows it.</summary>
public readonly record struct DeviceNumber(uint Major, uint Minor)
{
    /// <summary>/dev/vfio/vfio: a misc device with a fixed minor (VFIO_MINOR, linux/miscdevice.h).</summary>
    public static DeviceNumber Container => new(10, 196);
}
