using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>A device that is bound to an iommufd: struct iommufd_device, as a VFIO driver holds it.</summary>
public sealed class IommufdDevice
{
    internal IommufdDevice(IommufdContext context, IommufdGroup group)
    {
        Context = context;
        Group = group;
        Object = new Entry(this);
    }

    /// <summary>What it is bound to; referenced until <see cref="Unbind"/>.</summary>
    public IommufdContext Context { get; }

    /// <summary>Its id there.</summary>
    public uint Id => Object.Id;

    internal IommufdGroup Group { get; }

    internal IommufdObject Object { get; }

    internal bool IsAttached => Group.Attached.Contains(this);

    /// <summary>VFIO_DEVICE_ATTACH_IOMMUFD_PT: its DMA goes through an IOAS or page table from here on, also where it went
    /// through another one before.</summary>
    /// <param name="caller">Who pays for the pages that this may lock.</param>
    /// <param name="id">In: of an IOAS or page table. Out: of the page table.</param>
    /// <returns>Zero; ENOENT; EINVAL where the object is none of these; EADDRINUSE where what is mapped cannot be
    /// translated; EFAULT or ENOMEM where it cannot be locked.</returns>
    public SysResult Attach(ClientTask caller, ref uint id) => Context.Attach(this, caller, ref id);

    /// <summary>The same for one PASID, which no automatic page table takes: there is no other kind.</summary>
    /// <param name="pasid">The PASID; 0 is the device itself.</param>
    /// <param name="id">Of an IOAS or page table.</param>
    /// <returns>ENOENT; EBUSY for PASID 0 of a device that is attached; otherwise EINVAL.</returns>
    public SysResult AttachPasid(uint pasid, uint id) => Context.AttachPasid(this, pasid, id);

    /// <summary>VFIO_DEVICE_DETACH_IOMMUFD_PT: blocks its DMA; nothing where it is not attached.</summary>
    public void Detach() => Context.Detach(this);

    /// <summary>The driver lets go; the device must not be used afterwards.</summary>
    public void Unbind() => Context.Unbind(this);

    internal sealed class Entry(IommufdDevice device) : IommufdObject
    {
        public IommufdDevice Device { get; } = device;

        public override void Destroy()
        {
        }
    }
}
