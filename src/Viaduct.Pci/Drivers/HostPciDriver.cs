using Viaduct.Abi;
using Viaduct.Vfio;

namespace Viaduct.Pci.Drivers;

/// <summary>A driver of the host's own, such as nvme or serial: it does nothing but have its devices, whose groups no client can
/// own meanwhile.</summary>
/// <param name="system">Whose groups they are.</param>
/// <param name="name">Its name in sysfs.</param>
public sealed class HostPciDriver(VfioSystem system, string name) : PciDriver(name)
{
    /// <inheritdoc/>
    public override SysResult Probe(PciDevice device)
    {
        lock (system.Gate)
        {
            // iommu_device_use_default_domain.
            if (device.Group.IsInContainer || device.Group.IsOwned)
            {
                return Errno.EBUSY;
            }

            device.Group.HostDriverCount++;
        }

        device.EnableCount++;
        return SysResult.Success;
    }

    /// <inheritdoc/>
    public override ValueTask RemoveAsync(PciDevice device)
    {
        device.EnableCount--;
        lock (system.Gate)
        {
            device.Group.HostDriverCount--;
        }

        return ValueTask.CompletedTask;
    }
}
