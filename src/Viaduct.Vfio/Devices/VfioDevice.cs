using System.Globalization;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.Iommufd;
using Viaduct.Memory;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;
using Viaduct.Vfio.Migration;
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
    /// <remarks>The system gives a number to a device that has none as it is added, and takes it back.</remarks>
    public (int Index, DeviceNumber Number)? CharacterDevice { get; set; }

    /// <summary>It has a node of its own under /dev/vfio/devices: its kernel has iommufd.</summary>
    public bool HasNode => VfioGroup?.System.HasIommufd ?? false;

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

    /// <summary>The group as clients open it; null while the device is in no system.</summary>
    internal VfioGroup? VfioGroup { get; set; }

    /// <summary>The virtual machine that the device is in (device->kvm): from its first open to its last close what KVM had been told before. Under the VFIO
    /// core's lock.</summary>
    public IVirtualMachine? VirtualMachine { get; internal set; }

    /// <summary>One for being bound to its driver, and one for each open file: the kernel's refcount. The core's, under its
    /// lock.</summary>
    internal int Registrations { get; private set; }

    /// <summary>Ends once the last file of a device that its driver is leaving has been closed.</summary>
    internal TaskCompletionSource Released { get; private set; } = NewRelease();

    /// <summary>The core's lock, outermost in the lock order: <see cref="VfioSystem.Gate"/>, once the device is in a
    /// system.</summary>
    public Lock Gate { get; internal set; } = new();

    /// <summary>The match operation of VFIO_GROUP_GET_DEVICE_FD.</summary>
    /// <param name="request">What the client asked for: the name, and options behind it.</param>
    /// <returns>1 where it is this device, 0 where it is not, or the errno of bad options.</returns>
    public virtual SysResult Match(ReadOnlySpan<byte> request)
        => SysResult.FromValue(request.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(Name)) ? 1 : 0);

    /// <summary>Whether a client that shows this token, or none, may open the device (match_token_uuid). The core's lock is held.</summary>
    /// <param name="token">The token; null where the client has none.</param>
    /// <returns>Zero; EACCES where it is not the right one; EINVAL where the device knows no tokens.</returns>
    public virtual SysResult MatchToken(VfToken? token) => token is null ? SysResult.Success : Errno.EINVAL;

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

    /// <summary>What of a region is memory that a client in another process may map; null for none. It stays the same as long as the
    /// device exists. Any thread.</summary>
    /// <param name="index">The region's index, whether there is one or not.</param>
    public virtual RegionMemory? GetRegionMemory(uint index) => null;

    /// <summary>Registers of a region that VFIO_DEVICE_IOEVENTFD can stand for without loss; empty for none. They stay the same as long as
    /// the device exists. Any thread.</summary>
    /// <param name="index">The region's index, whether there is one or not.</param>
    public virtual IReadOnlyList<RegionDoorbell> GetRegionDoorbells(uint index) => [];

    /// <summary>Takes the device's state to another one; null where it cannot.</summary>
    public virtual DeviceMigration? Migration => null;

    /// <summary>The host wants the device back: asked once, and again every ten seconds until the last file is closed.</summary>
    /// <param name="count">How often it was asked before.</param>
    public virtual void Request(uint count)
    {
    }

    /// <summary>Adds the device's part of sysfs: its directory, and the links of its bus, driver and group to it.</summary>
    public abstract void Describe(SysfsTree tree);

    /// <summary>vfio_device_try_get_registration, for a file of the device. The core's lock is held.</summary>
    internal void Get() => Registrations++;

    /// <summary>vfio_device_put_registration. The core's lock is held.</summary>
    internal void Put()
    {
        if (--Registrations == 0)
        {
            Released.TrySetResult();
        }
    }

    /// <summary>It is bound, for the first time or again.</summary>
    internal void Register(VfioGroup group)
    {
        VfioGroup = group;
        Registrations = 1;
        Released = NewRelease();
    }

    // Whoever waits goes on by itself, not on the thread that closes a file under the core's lock.
    private static TaskCompletionSource NewRelease() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
