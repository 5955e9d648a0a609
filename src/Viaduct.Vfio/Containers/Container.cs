using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Memory;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;

namespace Viaduct.Vfio.Containers;

/// <summary>
/// A container (struct vfio_container, drivers/vfio/container.c): an I/O address space for the groups in it. By itself
/// it has no rights: its back-end comes after the first group and goes with the last. Under <see cref="VfioSystem.Gate"/>.
/// </summary>
/// <param name="system">The machine.</param>
public sealed class Container(VfioSystem system)
{
    private readonly List<VfioGroup> _groups = [];

    private IommuBackend? _backend;

    /// <summary>Mappings that exist now.</summary>
    public int MappingCount => _backend?.MappingCount ?? 0;

    /// <summary>The VFIO core's lock, under which a container is used.</summary>
    public Lock Gate => System.Gate;

    /// <summary>The IOMMU that VFIO_SET_IOMMU has chosen; null before that, and without groups.</summary>
    public IommuBackend? Backend => _backend;

    /// <summary>A POWER machine's: its own ioctls have sPAPR's meaning.</summary>
    public bool HasTceTables { get; } = system.IommuDrivers.Any(driver => driver is SpaprTceDriver);

    internal VfioSystem System { get; } = system;

    internal bool HasBackend => _backend is not null;

    /// <summary>VFIO_GROUP_SET_CONTAINER: vfio_container_attach_group().</summary>
    internal SysResult Attach(VfioGroup group, Caller caller)
    {
        if (group.IsNoIommu && !caller.IsCapable(Capability.SysRawIo))
        {
            return Errno.EPERM;
        }

        if (_groups.Count > 0 && _groups[0].IsNoIommu != group.IsNoIommu)
        {
            return Errno.EPERM;
        }

        // iommu_group_claim_dma_owner.
        if (group.Iommu.IsClaimed)
        {
            return Errno.EPERM;
        }

        if (_backend is { } backend)
        {
            var attached = backend.AttachGroup(group.Iommu);
            if (attached.IsError)
            {
                return attached;
            }
        }

        group.Container = this;
        group.Iommu.IsInContainer = true;
        group.ContainerUsers = 1;
        _groups.Add(group);
        return SysResult.Success;
    }

    /// <summary>vfio_group_detach_container(): without its last group a container forgets its back-end.</summary>
    internal void Detach(VfioGroup group)
    {
        _backend?.DetachGroup(group.Iommu);
        group.Container = null;
        group.Iommu.IsInContainer = false;
        group.ContainerUsers = 0;
        _groups.Remove(group);
        if (_groups.Count == 0)
        {
            _backend?.Release();
            _backend = null;
        }
    }

    /// <summary>VFIO_CHECK_EXTENSION: without a back-end every driver may answer.</summary>
    internal SysResult CheckExtension(ulong extension)
    {
        if (_backend is { } backend)
        {
            return backend.CheckExtension(extension);
        }

        var answer = SysResult.Success;
        foreach (var driver in System.IommuDrivers)
        {
            if (!IsAllowed(driver))
            {
                continue;
            }

            answer = driver.CheckExtension(extension);
            if (answer.Raw > 0)
            {
                break;
            }
        }

        return answer;
    }

    /// <summary>VFIO_SET_IOMMU: the first driver that knows the type and takes all groups.</summary>
    internal SysResult SetIommu(Caller caller, ulong type)
    {
        if (_groups.Count == 0 || _backend is not null)
        {
            return Errno.EINVAL;
        }

        SysResult result = Errno.ENODEV;
        foreach (var driver in System.IommuDrivers)
        {
            if (!IsAllowed(driver) || driver.CheckExtension(type).Raw <= 0)
            {
                continue;
            }

            if (driver.IsNoIommu && !caller.IsCapable(Capability.SysRawIo))
            {
                result = Errno.EPERM;
                continue;
            }

            result = driver.Open(type, out var backend);
            if (result.IsError)
            {
                continue;
            }

            result = AttachAll(backend!);
            if (!result.IsError)
            {
                _backend = backend;
                return SysResult.Success;
            }

            backend!.Release();
        }

        return result;
    }

    /// <summary>Everything that only the back-end knows: EINVAL where there is none.</summary>
    internal SysResult BackendIoctl(ClientTask caller, uint command, ulong argument)
        => _backend?.Ioctl(caller, command, argument) ?? Errno.EINVAL;

    /// <summary>vfio_iommu_driver_allowed: groups without an IOMMU and the driver for them belong together.</summary>
    private bool IsAllowed(IIommuDriver driver) => _groups.Count == 0 || _groups[0].IsNoIommu == driver.IsNoIommu;

    private SysResult AttachAll(IommuBackend backend)
    {
        for (var i = 0; i < _groups.Count; i++)
        {
            var attached = backend.AttachGroup(_groups[i].Iommu);
            if (attached.IsError)
            {
                for (var j = i - 1; j >= 0; j--)
                {
                    backend.DetachGroup(_groups[j].Iommu);
                }

                return attached;
            }
        }

        return SysResult.Success;
    }
}
