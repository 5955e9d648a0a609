using Viaduct.Abi;

namespace Viaduct.Driver;

/// <summary>What to say when a device's own node or iommufd refuses.</summary>
internal static class CdevErrors
{
    /// <summary>The call of the failures that leave the device's group to be tried.</summary>
    internal const string OpenCall = "open";

    internal static VfioException CannotOpenIommufd(VfioPaths paths, Errno errno)
    {
        var (why, help) = errno switch
        {
            Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => (
                "the kernel's iommufd module is not loaded, or this container was not given the node",
                "modprobe iommufd; in a container runtime pass --device /dev/iommu; or use VfioApi.Group"),
            Errno.EACCES or Errno.EPERM => (
                "your user needs read and write access to the node",
                $"sudo chown $USER {paths.Iommufd}, or a udev rule: SUBSYSTEM==\"misc\", KERNEL==\"iommu\", OWNER=\"you\""),
            _ => ("", ""),
        };
        return new VfioException(errno, OpenCall, $"cannot open {paths.Iommufd}", why, help);
    }

    internal static VfioException NoNode(VfioPaths paths, string device)
    {
        var (why, help) = Sysfs.Driver(paths, device)?.Contains("vfio") == true
            ? ("the kernel is older than 6.6 or built without CONFIG_VFIO_DEVICE_CDEV", "use VfioApi.Group")
            : VfioErrors.NotBound(paths, device);
        return new VfioException(Errno.ENOENT, OpenCall, $"{device} has no node below {paths.Nodes}/devices", why, help);
    }

    internal static VfioException CannotOpenNode(VfioPaths paths, Errno errno, string cdev, string device)
    {
        var (why, help) = errno switch
        {
            Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => VfioErrors.NotBound(paths, device),
            Errno.EACCES or Errno.EPERM => (
                "your user needs read and write access to the device's node",
                $"sudo chown $USER {paths.Cdev(cdev)}, or a udev rule: SUBSYSTEM==\"vfio-dev\", OWNER=\"you\""),
            _ => ("", ""),
        };
        return new VfioException(errno, OpenCall, $"cannot open {paths.Cdev(cdev)} for {device}", why, help);
    }

    internal static VfioException NoIommu(VfioPaths paths, string cdev, string device) => new(
        Errno.EPERM,
        OpenCall,
        $"cannot use {paths.Cdev(cdev)} for {device}",
        "the device has no IOMMU, so its DMA addresses would be physical ones",
        "switch on the machine's IOMMU; this library does not drive devices without one");

    internal static VfioException CannotBind(VfioPaths paths, Errno errno, string device)
    {
        var (why, help) = errno switch
        {
            Errno.EPERM => WhyNotPermitted(paths, device),
            Errno.EBUSY => (
                "the device's group is open: a program uses it through /dev/vfio/N, which excludes this way",
                "sudo fuser -v /dev/vfio/* names it; open all devices of a group in one way"),
            Errno.EINVAL => (
                "another program has the device, or the token has no meaning for it",
                "sudo fuser -v /dev/vfio/devices/* names it; leave VfioOpenOptions.VfToken null where there is none"),
            Errno.EACCES => (
                "the function's physical function belongs to VFIO too, and its user set a token",
                "give it as VfioOpenOptions.VfToken"),
            Errno.EIO => ("the device does not come out of its low-power state or its reset", "look at dmesg"),
            Errno.ENOMEM => ("the kernel ran out of memory for the device", ""),
            _ => ("", ""),
        };
        return new VfioException(errno, "VFIO_DEVICE_BIND_IOMMUFD", $"cannot bind {device} to the iommufd", why, help);
    }

    internal static VfioException CannotAttach(Errno errno, string device)
    {
        var (why, help) = errno switch
        {
            Errno.EADDRINUSE => (
                "memory is mapped where this device's IOMMU has reserved addresses",
                "open all devices before memory is mapped, or give the device an iommufd of its own"),
            Errno.EINVAL => (
                "the device's IOMMU cannot use the address space of the devices before it",
                "give the device an iommufd of its own"),
            Errno.EBUSY => (
                "another device of its IOMMU group is attached to another address space",
                "open the devices of a group in one VfioIommufd"),
            _ => ("", ""),
        };
        return new VfioException(
            errno, "VFIO_DEVICE_ATTACH_IOMMUFD_PT", $"cannot attach {device} to the I/O address space", why, help);
    }

    private static (string Why, string Help) WhyNotPermitted(VfioPaths paths, string device)
    {
        var others = Sysfs.Group(paths, device) is { } group ? VfioErrors.HostDrivers(paths, group) : [];
        return others.Length > 0
            ? ($"still bound to a host driver: {string.Join(", ", others.Select(static o => $"{o.Name} ({o.Driver})"))}; all "
                + "devices of a group go to users",
                string.Join("; ", others.Select(static o => $"driverctl set-override {o.Name} vfio-pci")))
            : ("another iommufd has a device of its group, or the machine cannot keep one device's interrupts from looking like "
                + "another's (no interrupt remapping)",
                "open the devices of a group in one VfioIommufd; switch on interrupt remapping in the firmware, or at your own "
                + "risk: echo Y > /sys/module/iommufd/parameters/allow_unsafe_interrupts");
    }
}
