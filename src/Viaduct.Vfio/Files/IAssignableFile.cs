using Viaduct.Iommu;

namespace Viaduct.Vfio.Files;

/// <summary>A file that KVM can be told of (KVM_DEV_VFIO_FILE_ADD): a group's, or a device's.</summary>
public interface IAssignableFile
{
    /// <summary>The VFIO core's lock.</summary>
    Lock Gate { get; }

    /// <summary>vfio_file_iommu_group: null for a device's file, and when the group has gone. Under <see cref="Gate"/>.</summary>
    IommuGroup? IommuGroup { get; }

    /// <summary>fget(): the file stays open, whatever the client closes, until <see cref="LetGo"/>.</summary>
    void Hold();

    /// <summary>fput().</summary>
    void LetGo();

    /// <summary>vfio_file_set_kvm: devices that are opened from here on are in that machine.</summary>
    /// <param name="machine">The machine; null for none.</param>
    void SetVirtualMachine(IVirtualMachine? machine);
}
