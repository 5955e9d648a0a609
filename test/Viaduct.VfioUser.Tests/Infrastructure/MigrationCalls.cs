using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;
using static Viaduct.Abi.VfioDeviceMigState;

namespace Viaduct.VfioUser.Tests.Infrastructure;

/// <summary>The messages by which a client moves a device.</summary>
internal static class MigrationCalls
{
    public const uint Set = 1 << 17, Get = 1 << 16, Probe = 1 << 18;
    public const uint MigrationId = 1, StateId = 2;

    public static byte[] StateOf(VfioDeviceMigState state)
        => WireClient.Bytes(
            new VfioDeviceFeature { ArgSz = 16, Flags = (VfioDeviceFeatureFlags)(Set | StateId) },
            StructBytes.Of(new VfioDeviceFeatureMigState { DeviceState = state, DataFd = -1 }));

    public static Errno SetState(WireClient client, VfioDeviceMigState state)
    {
        var request = StateOf(state);
        var reply = client.Ask(VfioUserCommand.VFIO_USER_DEVICE_FEATURE, request);
        Assert.True(reply.Error != Errno.None || reply.Payload.AsSpan().SequenceEqual(request));
        return reply.Error;
    }

    public static VfioDeviceMigState GetState(WireClient client) => Feature(client, Get | StateId).As<VfioDeviceFeatureMigState>(8).DeviceState;

    public static Reply Feature(WireClient client, uint flags)
        => client.Ask(
            VfioUserCommand.VFIO_USER_DEVICE_FEATURE,
            WireClient.Bytes(new VfioDeviceFeature { ArgSz = 64, Flags = (VfioDeviceFeatureFlags)flags }));

    public static Reply Read(WireClient client, uint size, uint argSz = 0)
        => client.Ask(
            VfioUserCommand.VFIO_USER_MIG_DATA_READ,
            WireClient.Bytes(new VfioUserMigrationData { ArgSz = argSz == 0 ? size + 8 : argSz, Size = size }));

    public static Errno Write(WireClient client, byte[] bytes)
        => client.Ask(
            VfioUserCommand.VFIO_USER_MIG_DATA_WRITE,
            WireClient.Bytes(new VfioUserMigrationData { ArgSz = (uint)bytes.Length + 8, Size = (uint)bytes.Length }, bytes)).Error;

    public static byte[] ReadAll(WireClient client, VfioDeviceMigState state, int pieces)
    {
        List<byte> all = [];
        while (state is VFIO_DEVICE_STATE_PRE_COPY or VFIO_DEVICE_STATE_STOP_COPY)
        {
            var reply = Read(client, (uint)pieces);
            Assert.Equal(Errno.None, reply.Error);
            var data = reply.As<VfioUserMigrationData>();
            Assert.Equal((pieces + 8, data.Size + 8), (reply.Payload.Length, data.ArgSz));
            all.AddRange(reply.Payload.AsSpan(8, (int)data.Size));
            Assert.Equal(-1, reply.Payload.AsSpan(8 + (int)data.Size).IndexOfAnyExcept((byte)0));
            if (data.Size < pieces)
            {
                break;
            }
        }

        return [.. all];
    }

    public static void Load(WireClient client, IReadOnlyList<byte> stream, int pieces)
    {
        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_RESUMING));
        foreach (var piece in stream.Chunk(pieces))
        {
            Assert.Equal(Errno.None, Write(client, piece));
        }

        Assert.Equal(Errno.None, SetState(client, VFIO_DEVICE_STATE_STOP));
    }
}
