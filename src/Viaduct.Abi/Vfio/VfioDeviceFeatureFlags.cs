namespace Viaduct.Abi;

/// <summary><see cref="VfioDeviceFeature.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioDeviceFeatureFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>The feature, one of <see cref="VfioFeatureId"/>.</summary>
    VFIO_DEVICE_FEATURE_MASK = 0xFFFF,

    /// <summary>Read the feature into the data.</summary>
    VFIO_DEVICE_FEATURE_GET = 1 << 16,

    /// <summary>Set the feature from the data.</summary>
    VFIO_DEVICE_FEATURE_SET = 1 << 17,

    /// <summary>Only ask whether the feature, and GET and SET where given, is there.</summary>
    VFIO_DEVICE_FEATURE_PROBE = 1 << 18,
}
