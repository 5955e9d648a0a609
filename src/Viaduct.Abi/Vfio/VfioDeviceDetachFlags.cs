namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceDetachIommufdPt.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioDeviceDetachFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>Detach one PASID, not the device.</summary>
    VFIO_DEVICE_DETACH_PASID = 1 << 0,
}
