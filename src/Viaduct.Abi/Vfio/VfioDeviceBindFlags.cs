namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceBindIommufd.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioDeviceBindFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary><see cref="VfioDeviceBindIommufd.TokenUuidPtr"/> is given.</summary>
    VFIO_DEVICE_BIND_FLAG_TOKEN = 1 << 0,
}
