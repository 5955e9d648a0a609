using Viaduct.Abi;

namespace Viaduct.Driver;

/// <summary>What to say when the kernel's VFIO refuses: the errno, why, and the command that mends it.</summary>
internal static class VfioErrors
{
    internal static VfioException NoSuchDevice(VfioPaths paths, string device)
    {
        var names = Sysfs.Names(paths.Devices);
        var some = names.Length == 0 ? "" : $": {string.Join(", ", names.Take(8))}{(names.Length > 8 ? ", ..." : "")}";
        return new VfioException(
            Errno.ENOENT,
            "open vendor",
            $"there is no PCI device {device}",
            $"{paths.Devices} has {names.Length} devices{some}",
            "lspci -D shows every device with its address");
    }

    internal static VfioException NoGroup(string device) => new(
        Errno.ENODEV,
        "readlink iommu_group",
        $"{device} has no IOMMU group",
        "the machine has no IOMMU, or it is off, in the firmware or in the kernel",
        "switch on VT-d or AMD-Vi in the firmware and boot with intel_iommu=on (Intel; AMD's is on by default)");

    internal static VfioException CannotOpenContainer(VfioPaths paths, Errno errno)
    {
        var (why, help) = errno switch
        {
            Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => (
                "the kernel's vfio module is not loaded, or this container was not given the node",
                "modprobe vfio-pci; in a container runtime pass --device /dev/vfio/vfio"),
            Errno.EACCES or Errno.EPERM => (
                "the node is usually mode 0666; here your user may not open it",
                $"chmod 0666 {paths.Container}, or allow it in the container runtime"),
            _ => ("", ""),
        };
        return new VfioException(errno, "open", $"cannot open {paths.Container}", why, help);
    }

    internal static VfioException CannotOpenGroup(VfioPaths paths, Errno errno, int group, string device)
    {
        var (why, help) = errno switch
        {
            Errno.ENOENT when File.Exists(paths.NoIommuGroup(group)) => (
                $"the group has no IOMMU ({paths.NoIommuGroup(group)}), so its DMA addresses would be physical ones",
                "switch on the machine's IOMMU; this library does not drive devices without one"),
            Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => NotBound(paths, device),
            Errno.EACCES => (
                "your user needs read and write access to the group's node",
                $"sudo chown $USER {paths.Group(group)}, or a udev rule: SUBSYSTEM==\"vfio\", OWNER=\"you\""),
            Errno.EBUSY => (
                "another process has the group, or has one of its devices open through /dev/vfio/devices",
                $"sudo fuser -v {paths.Group(group)} names it; devices of one group need one VfioContainer"),
            _ => ("", ""),
        };
        return new VfioException(errno, "open", $"cannot open {paths.Group(group)} for {device}", why, help);
    }

    internal static VfioException NotViable(VfioPaths paths, int group, Errno errno, string call)
    {
        var others = HostDrivers(paths, group);
        var list = string.Join(", ", others.Select(static entry => $"{entry.Name} ({entry.Driver})"));
        return new VfioException(
            errno,
            call,
            $"group {group} is not viable",
            others.Length > 0
                ? $"still bound to a host driver: {list}; all devices of a group go to one user"
                : "a driver of the host uses one of the group's devices",
            others.Length > 0
                ? string.Join("; ", others.Select(static entry => $"driverctl set-override {entry.Name} vfio-pci"))
                : $"look at the drivers in {paths.GroupDevices(group)}");
    }

    internal static VfioException CannotSetContainer(VfioPaths paths, Errno errno, int group)
    {
        if (errno == Errno.EBUSY)
        {
            return NotViable(paths, group, errno, "VFIO_GROUP_SET_CONTAINER");
        }

        var (why, help) = errno switch
        {
            Errno.EINVAL => (
                "the group is in a container already, or its IOMMU cannot take over the container's mappings",
                "open the device without VfioOpenOptions.Container, before anything is mapped"),
            Errno.EPERM => ("groups with and without an IOMMU cannot share a container", "use a container each"),
            _ => ("", ""),
        };
        return new VfioException(
            errno, "VFIO_GROUP_SET_CONTAINER", $"cannot put group {group} into the container", why, help);
    }

    internal static VfioException CannotSetIommu(Errno errno, uint type)
    {
        var (why, help) = errno switch
        {
            Errno.EPERM => (
                "the machine cannot keep one device's interrupts from looking like another's (no interrupt remapping)",
                "switch on interrupt remapping in the firmware; at your own risk: "
                + "echo Y > /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"),
            Errno.ENODEV => ("the module is not loaded", "modprobe vfio_iommu_type1"),
            Errno.ENOMEM => ("the kernel ran out of memory for the IOMMU's tables", ""),
            _ => ("", ""),
        };
        return new VfioException(errno, "VFIO_SET_IOMMU", $"cannot use IOMMU type {type}", why, help);
    }

    internal static VfioException NoUsableIommu(IommuPreference preference) => new(
        Errno.ENODEV,
        "VFIO_CHECK_EXTENSION",
        preference == IommuPreference.Any ? "the kernel offers no type1 IOMMU" : $"the kernel does not offer {preference}",
        "vfio_iommu_type1 is not loaded",
        "modprobe vfio_iommu_type1");

    internal static VfioException CannotGetDevice(VfioPaths paths, Errno errno, int group, string device)
    {
        var (why, help) = errno switch
        {
            Errno.ENODEV => NotBound(paths, device),
            Errno.EACCES => (
                "the function's physical function belongs to VFIO too, and its user set a token",
                "give it as VfioOpenOptions.VfToken"),
            Errno.EMFILE => ("the process has too many open files", "raise ulimit -n"),
            Errno.EINVAL => ("the token has no meaning for this device", "leave VfioOpenOptions.VfToken null"),
            Errno.EIO => ("the device does not come out of its low-power state or its reset", "look at dmesg"),
            _ => ("", ""),
        };
        return new VfioException(
            errno, "VFIO_GROUP_GET_DEVICE_FD", $"cannot get {device} from group {group}", why, help);
    }

    internal static VfioException CannotAccess(
        Errno errno, string device, int region, ulong offset, int length, bool write, string? call = null)
    {
        var name = region switch
        {
            < RegionIndex.BarCount => $"BAR {region}",
            RegionIndex.Config => "configuration space",
            _ => $"region {region}",
        };
        var why = errno switch
        {
            Errno.EIO => "the device does not answer: the command register's memory bit is clear, or it sleeps",
            Errno.EFAULT => "past the end of the configuration space",
            _ => "",
        };
        return new VfioException(
            errno,
            call ?? (write ? "pwrite" : "pread"),
            $"cannot {(write ? "write" : "read")} {length} bytes at 0x{offset:x} of {device}'s {name}",
            why,
            errno == Errno.EIO ? "device.Config.EnableBusMaster() sets it" : "");
    }

    internal static VfioException CannotEnableInterrupts(Errno errno, string device, InterruptKind kind, int count)
    {
        var (why, help) = errno switch
        {
            Errno.EINVAL => (
                "INTx, MSI and MSI-X exclude each other, and one is enabled", "dispose the other InterruptSet first"),
            Errno.ENOSPC => ("the machine has no interrupt vectors left", "ask for fewer"),
            Errno.EBUSY => ("the interrupt line is shared with a driver of the host", "use MSI or MSI-X"),
            _ => ("", ""),
        };
        return new VfioException(
            errno, "VFIO_DEVICE_SET_IRQS", $"cannot enable {count} {kind} interrupts of {device}", why, help);
    }

    internal static VfioException CannotReset(Errno errno, string device)
    {
        var why = errno switch
        {
            Errno.EINVAL => "the function has no reset of its own (FLR, power management, or a bus with it alone)",
            Errno.EAGAIN => "another reset or a configuration change holds the device",
            _ => "",
        };
        return new VfioException(errno, "VFIO_DEVICE_RESET", $"cannot reset {device}", why);
    }

    /// <summary>The group's devices that a driver of the host has.</summary>
    internal static (string Name, string Driver)[] HostDrivers(VfioPaths paths, int number) =>
    [
        .. from name in Sysfs.Names(paths.GroupDevices(number))
           let driver = Sysfs.Driver(paths, name)
           where driver is not (null or "pcieport") && !driver.Contains("vfio")
           select (name, driver),
    ];

    internal static (string Why, string Help) NotBound(VfioPaths paths, string device)
    {
        var driver = Sysfs.Driver(paths, device);
        var bound = driver is null ? "no driver" : $"the driver {driver}";
        return driver?.Contains("vfio") == true
            ? ($"{device} is bound to {driver}, but the node is not here: a container runtime must be given it",
                "pass --device /dev/vfio to the container runtime")
            : ($"{device} is bound to {bound}, not to vfio-pci", $"sudo driverctl set-override {device} vfio-pci");
    }
}
