using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Server;

/// <content>Migration. The states and what goes with them are the core's; the data goes in messages, where the kernel has a file.</content>
internal sealed partial class ServerSession
{
    private SysResult DescribeMigration(VfioDeviceFeature feature)
    {
        if (_device.Migration is null)
        {
            return Errno.ENOTTY;
        }

        return CheckFeature(feature, VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_GET, 0)
            ?? GetFeature(feature, new VfioDeviceFeatureMigration { Flags = Vfio.Migration.DeviceMigration.Flags });
    }

    private SysResult MigrationState(VfioDeviceFeature feature)
    {
        if (_device.Migration is not { } migration)
        {
            return Errno.ENOTTY;
        }

        var isSet = feature.Flags.HasFlag(VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_SET);
        if (CheckFeature(feature, GetOrSet, isSet ? VfioDeviceFeatureMigState.Size : 0) is { } answer)
        {
            return answer;
        }

        if (!isSet)
        {
            return GetFeature(feature, new VfioDeviceFeatureMigState { DeviceState = migration.State, DataFd = -1 });
        }

        var target = StructBytes.Read<VfioDeviceFeatureMigState>(_payload.Span[FeatureSize..]).DeviceState;
        var reply = Echo();
        StructBytes.Write(reply.Span[FeatureSize..], new VfioDeviceFeatureMigState { DeviceState = target, DataFd = -1 });

        if (!migration.IsDeferred)
        {
            // A device that another server left goes on now or not at all: in STOP nothing may wake it.
            TellReady();
        }

        // Clients that start the device before they map its memory: libvfio-user's sample.
        var result = migration.SetState(target, defers: _maps!.Count == 0, WhileWaiting);
        TellMigration();
        AwaitClient();
        return result.IsError ? result : SysResult.FromValue(reply.Length);
    }

    private SysResult ReadMigration()
    {
        if (_device.Migration is not { } migration)
        {
            return Errno.EOPNOTSUPP;
        }

        if (!TryGet(VfioUserMigrationData.StructSize, out VfioUserMigrationData data) || data.Size > (uint)_options.MaxDataTransfer
            || data.ArgSz < VfioUserMigrationData.StructSize + data.Size)
        {
            return Errno.EINVAL;
        }

        var reply = Room(VfioUserMigrationData.StructSize + (int)data.Size);
        var result = migration.Read(reply.Span[VfioUserMigrationData.StructSize..]);
        if (result.IsError)
        {
            return result;
        }

        // As long as it was asked for, also at the end: libvfio-user's client takes no shorter one.
        reply.Span[(VfioUserMigrationData.StructSize + (int)result.Raw)..].Clear();
        StructBytes.Write(reply.Span, new VfioUserMigrationData
        {
            ArgSz = VfioUserMigrationData.StructSize + (uint)result.Raw,
            Size = (uint)result.Raw,
        });
        return SysResult.FromValue(reply.Length);
    }

    private SysResult WriteMigration()
    {
        if (_device.Migration is not { } migration)
        {
            return Errno.EOPNOTSUPP;
        }

        if (!TryGet(VfioUserMigrationData.StructSize, out VfioUserMigrationData data)
            || data.Size > (uint)(_payload.Length - VfioUserMigrationData.StructSize))
        {
            return Errno.EINVAL;
        }

        var result = migration.Write(_payload.Span.Slice(VfioUserMigrationData.StructSize, (int)data.Size));
        TellMigration();
        return result;
    }

    private SysResult ResetDevice()
    {
        var result = _device.Ioctl(_caller, VfioIoctl.VFIO_DEVICE_RESET, 0);
        TellMigration();
        return result.IsError || _device.Migration is not { State: VfioDeviceMigState.VFIO_DEVICE_STATE_ERROR } ? result : Errno.EBUSY;
    }

    private void TellMigration()
    {
        if (_device.Migration?.Error is { } error)
        {
            _options.Observer?.Refused($"migration: {error}");
        }
    }

    /// <summary>A device that came from elsewhere goes on with the client's first access to it.</summary>
    private void AwaitClient()
    {
        if (_device.Migration is { IsDeferred: true } migration)
        {
            _clientReady += migration.StartDeferred;
        }
    }

    private SysResult GetFeature<T>(in VfioDeviceFeature feature, in T value)
        where T : unmanaged
    {
        var data = StructBytes.Of(value);
        if (feature.ArgSz < FeatureSize + data.Length)
        {
            return Errno.EINVAL;
        }

        var reply = Room(FeatureSize + data.Length).Span;
        StructBytes.Write(reply, feature with { ArgSz = (uint)reply.Length });
        data.CopyTo(reply[FeatureSize..]);
        return SysResult.FromValue(reply.Length);
    }
}
