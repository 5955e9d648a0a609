using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <content>DEVICE_FEATURE: of the features that vfio-pci may have, a function here has the low power ones, and the token where it can have virtual functions.</content>
public sealed partial class VfioPciDevice
{
    private const VfioDeviceFeatureFlags GetOrSet =
        VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_GET | VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_SET;

    private const VfioDeviceFeatureFlags AllFeatureFlags = GetOrSet
        | VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_PROBE | VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_MASK;

    private EventFdContext? _wakeup;

    private SysResult Feature(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioDeviceFeature.MinSize, out VfioDeviceFeature feature))
        {
            return Errno.EFAULT;
        }

        var flags = feature.Flags;
        if (feature.ArgSz < VfioDeviceFeature.MinSize || (flags & ~AllFeatureFlags) != 0
            || ((flags & GetOrSet) == GetOrSet && !flags.HasFlag(VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_PROBE)))
        {
            return Errno.EINVAL;
        }

        switch ((uint)(flags & VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_MASK))
        {
            case VfioFeatureId.VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY:
                return CheckSet(feature, 0) is { } entry ? entry : EnterLowPower(null);
            case VfioFeatureId.VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP:
                return CheckSet(feature, VfioDeviceLowPowerEntryWithWakeup.Size) is { } wakeup
                    ? wakeup
                    : EnterLowPowerWithWakeup(caller, argument);
            case VfioFeatureId.VFIO_DEVICE_FEATURE_LOW_POWER_EXIT:
                if (CheckSet(feature, 0) is { } exit)
                {
                    return exit;
                }

                EndLowPower();
                return SysResult.Success;
            case VfioFeatureId.VFIO_DEVICE_FEATURE_PCI_VF_TOKEN:
                return SetToken(caller, feature, argument);
            case VfioFeatureId.VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2:
                // Asks whether the device can PRE_COPY before anything else.
                return Errno.EINVAL;
            default:
                return Errno.ENOTTY;
        }
    }

    /// <summary>vfio_check_feature for a feature that can be set only.</summary>
    /// <returns>What to answer; null to go on.</returns>
    private static SysResult? CheckSet(in VfioDeviceFeature feature, int size)
    {
        if (feature.Flags.HasFlag(VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_GET))
        {
            return Errno.EINVAL;
        }

        if (feature.Flags.HasFlag(VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_PROBE))
        {
            return SysResult.Success;
        }

        return !feature.Flags.HasFlag(VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_SET)
            || feature.ArgSz < VfioDeviceFeature.Size + size
            ? Errno.EINVAL
            : null;
    }

    private SysResult EnterLowPowerWithWakeup(Caller caller, ulong argument)
    {
        var data = argument + VfioDeviceFeature.Size;
        if (!caller.Memory.TryRead(data, out VfioDeviceLowPowerEntryWithWakeup entry))
        {
            return Errno.EFAULT;
        }

        if (entry.WakeupEventfd < 0)
        {
            return Errno.EINVAL;
        }

        var result = caller.GetEventFd(entry.WakeupEventfd, out var wakeup);
        if (!result.IsError && (result = EnterLowPower(wakeup)).IsError)
        {
            wakeup?.Dispose();
        }

        return result;
    }

    /// <summary>The function may sleep: mapped BARs are SIGBUS until the client leaves; other accesses still work.
    /// Nothing outside wakes a function here, so that the wakeup eventfd stays silent.</summary>
    private SysResult EnterLowPower(EventFdContext? wakeup)
    {
        lock (_lock)
        {
            if (_inLowPower)
            {
                return Errno.EINVAL;
            }

            lock (Function.Gate)
            {
                _inLowPower = true;
            }

            _wakeup = wakeup;
            return SysResult.Success;
        }
    }

    private void EndLowPower()
    {
        lock (_lock)
        {
            lock (Function.Gate)
            {
                _inLowPower = false;
            }

            _wakeup?.Dispose();
            _wakeup = null;
        }
    }
}
