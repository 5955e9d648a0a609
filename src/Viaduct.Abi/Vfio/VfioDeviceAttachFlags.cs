namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceAttachIommufdPt.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioDeviceAttachFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Attach one PASID, not the device.</summary>
    VFIO_DEVICE_ATTACH_PASID = 1 << 0,
}
