using System.Globalization;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.Iommufd;
using Viaduct.Memory;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Vfio.Devices;

/// <summary>
/// A device bound to a VFIO driver (struct vfio_device with its vfio_device_ops): the bus decides what the regions and
/// interrupts are. The core counts opens; <see cref="OpenDevice"/> and <see cref="CloseDevice"/> come for the first and the last.
/// </summary>
/// <param name="group">The group that it belongs to.</param>
public abstract class VfioDevice(IommuGroup group)
{
    /// <summary>The group that it belongs to.</summary>
    public IommuGroup Group { get; } = group;

    /// <summary>The bus's name for it: <c>0000:01:00.0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Its directory in sysfs, as fdinfo's vfio-device-syspath shows it: <c>/sys/devices/pci0000:00/0000:00:05.0</c>.</summary>
    public abstract string SysfsPath { get; }

    /// <summary>Open files of this device; the core's, under its lock.</summary>
    public int OpenCount { get; internal set; }

    /// <summary>Its number N in /dev/vfio/devices/vfioN (noiommu-vfioN without an IOMMU), with that node's st_rdev; null where it has no node of its own.</summary>
    public (int Index, DeviceNumber Number)? CharacterDevice { get; init; }

    /// <summary>The name of that node.</summary>
    public string NodeName
        => string.Create(CultureInfo.InvariantCulture, $"{(Group.IsNoIommu ? "noiommu-" : "")}vfio{CharacterDevice?.Index}");

    /// <summary>Its client came through that node, not through its group; the core's, under its lock.</summary>
    public bool IsOpenByCdev { get; internal set; }

    /// <summary>What it is bound to, where it is open through its own node, or through a group that is in an iommufd: the kernel's
    /// vdev->iommufd_device. The core's, under its lock.</summary>
    internal IommufdDevice? Iommufd { get; set; }

    /// <summary>It is open by way of a container, which its group cannot leave until it is closed; the core's, under its
    /// lock.</summary>
    internal bool HoldsContainer { get; set; }

    /// <summary>The core's lock, outermost in the lock order: <see cref="VfioSystem.Gate"/>, once the device is in a
    /// system.</summary>
    public Lock Gate { get; internal set; } = new();

    /// <summary>The match operation of VFIO_GROUP_GET_DEVICE_FD.</summary>
    /// <param name="request">What the client asked for: the name, and options behind it.</param>
    /// <returns>1 where it is this device, 0 where it is not, or the errno of bad options.</returns>
    public virtual SysResult Match(ReadOnlySpan<byte> request)
        => SysResult.FromValue(request.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(Name)) ? 1 : 0);

    /// <summary>The first open: resets and enables the device.</summary>
    public abstract SysResult OpenDevice();

    /// <summary>The last close: disables it and leaves nothing of the client's state behind.</summary>
    public abstract void CloseDevice();

    /// <summary>ioctl(2) on the device's file.</summary>
    public abstract SysResult Ioctl(Caller caller, uint command, ulong argument);

    /// <summary>See <see cref="VfioFile.Read"/>.</summary>
    public abstract SysResult Read(Caller caller, ulong buffer, ulong count, ulong position);

    /// <summary>See <see cref="VfioFile.Write"/>.</summary>
    public abstract SysResult Write(Caller caller, ulong buffer, ulong count, ulong position);

    /// <summary>See <see cref="VfioFile.Mmap"/>.</summary>
    public abstract SysResult Mmap(in MmapRequest request);

    /// <summary>See <see cref="VfioFile.TryLoad"/>.</summary>
    public abstract bool TryLoad(ulong position, int width, out ulong value);

    /// <summary>See <see cref="VfioFile.TryStore"/>.</summary>
    public abstract bool TryStore(ulong position, int width, ulong value);

    /// <summary>See <see cref="VfioFile.DmaTarget"/>.</summary>
    public abstract MemorySource? DmaTarget { get; }

    /// <summary>Adds the device's part of sysfs: its directory, and the links of its bus, driver and group to it.</summary>
    public abstract void Describe(SysfsTree tree);
}
