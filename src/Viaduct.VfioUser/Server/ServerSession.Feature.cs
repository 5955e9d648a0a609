using Viaduct.Abi;

namespace Viaduct.VfioUser.Server;

/// <content>VFIO_DEVICE_FEATURE. Logging and migration are this protocol's way: their structures end before the pointers that vfio.h's have, and
/// no descriptor goes with them. The others are the core's.</content>
internal sealed partial class ServerSession
{
    private const int FeatureSize = VfioDeviceFeature.MinSize;

    private const VfioDeviceFeatureFlags GetOrSet =
        VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_GET | VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_SET;

    private const VfioDeviceFeatureFlags AllFeatureFlags = GetOrSet
        | VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_PROBE | VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_MASK;

    private SysResult Feature()
    {
        if (!TryGet(FeatureSize, out VfioDeviceFeature feature) || feature.ArgSz < FeatureSize || _payload.Length > LargestStruct
            || (feature.Flags & ~AllFeatureFlags) != 0
            || ((feature.Flags & GetOrSet) == GetOrSet && !feature.Flags.HasFlag(VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_PROBE)))
        {
            return Errno.EINVAL;
        }

        return (uint)(feature.Flags & VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_MASK) switch
        {
            VfioFeatureId.VFIO_DEVICE_FEATURE_MIGRATION => DescribeMigration(feature),
            VfioFeatureId.VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE => MigrationState(feature),
            VfioFeatureId.VFIO_DEVICE_FEATURE_DMA_LOGGING_START => StartLogging(feature),
            VfioFeatureId.VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP => StopLogging(feature),
            VfioFeatureId.VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT => ReportWrites(feature),
            _ => FeatureOfCore(feature),
        };
    }

    /// <summary>vfio_check_feature: what is asked must be possible, and the data there.</summary>
    /// <param name="feature">What the client sent.</param>
    /// <param name="possible">Get, set or both.</param>
    /// <param name="size">Bytes of data that the request has at least.</param>
    /// <returns>What to answer; null to go on.</returns>
    private SysResult? CheckFeature(in VfioDeviceFeature feature, VfioDeviceFeatureFlags possible, int size)
    {
        var asked = feature.Flags & GetOrSet;
        if ((asked & ~possible) != 0)
        {
            return Errno.EINVAL;
        }

        if (feature.Flags.HasFlag(VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_PROBE))
        {
            return SysResult.FromValue(Echo().Length);
        }

        return asked == 0 || feature.ArgSz < FeatureSize + size || _payload.Length < FeatureSize + size ? Errno.EINVAL : null;
    }

    /// <summary>The reply to a probe or a set, which is the request once more.</summary>
    private Memory<byte> Echo()
    {
        var reply = Room(_payload.Length);
        _payload.CopyTo(reply);
        return reply;
    }

    private SysResult FeatureOfCore(in VfioDeviceFeature feature)
    {
        var isGet = (feature.Flags & (VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_GET | VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_PROBE))
            == VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_GET;
        var length = isGet ? (int)Math.Clamp(feature.ArgSz, (uint)_payload.Length, LargestStruct) : _payload.Length;
        return Ask(VfioIoctl.VFIO_DEVICE_FEATURE, length, length);
    }
}
