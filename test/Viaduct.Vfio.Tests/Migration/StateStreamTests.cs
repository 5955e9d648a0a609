using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using FsCheck;
using FsCheck.Fluent;
using Viaduct.Abi;
using Viaduct.Vfio.Migration;
using static Viaduct.Abi.VfioDeviceMigState;

namespace Viaduct.Vfio.Tests.Migration;

public sealed class StateStreamTests
{
    [Fact]
    public void Stream_CutInAnyWay_BringsTheLastState()
        => Prop.ForAll<NonEmptyArray<byte>, NonEmptyArray<byte>, Tuple<PositiveInt, PositiveInt, NonNegativeInt>>((first, last, sizes)
            => Carry(first.Get, last.Get, sizes.Item1.Get + 16, sizes.Item2.Get, sizes.Item3.Get)).QuickCheckThrowOnFailure();

    [Fact]
    public void SetState_WhereStorageIsElsewhere_IsEBUSY()
    {
        var device = new Device();
        var migration = new DeviceMigration(device);
        migration.SetState(VFIO_DEVICE_STATE_STOP, defers: false, () => { });
        Assert.False(device.Holds);
        device.IsElsewhere = true;
        Assert.Equal(Errno.EBUSY, migration.SetState(VFIO_DEVICE_STATE_RUNNING, defers: false, () => { }).Errno);
        Assert.Equal((VFIO_DEVICE_STATE_STOP, "elsewhere"), (migration.State, migration.Error));
        migration.Reset();
        Assert.Equal(VFIO_DEVICE_STATE_ERROR, migration.State);
        device.IsElsewhere = false;
        migration.Reset();
        Assert.Equal((VFIO_DEVICE_STATE_RUNNING, true, true), (migration.State, device.Holds, device.IsRunning));
    }

    [Theory]
    [InlineData(VFIO_DEVICE_STATE_STOP)]
    [InlineData(VFIO_DEVICE_STATE_STOP_COPY)]
    public void SetState_WhereNothingIsDurable_LeavesItRunning(VfioDeviceMigState state)
    {
        var device = new Device { CannotLetGo = true };
        var migration = new DeviceMigration(device);
        Assert.Equal(Errno.EIO, migration.SetState(state, defers: false, () => { }).Errno);
        Assert.Equal((VFIO_DEVICE_STATE_RUNNING, "not durable"), (migration.State, migration.Error));
        Assert.True(device.IsRunning);
    }

    [Fact]
    public void SetState_OfADeviceThatTakesTime_Waits()
    {
        var device = new Device { Delay = 3 };
        var waits = 0;
        new DeviceMigration(device).SetState(VFIO_DEVICE_STATE_STOP, defers: false, () => waits++);
        Assert.Equal(3, waits);
    }

    private static void Carry(byte[] first, byte[] last, int reads, int writes, int left)
    {
        var source = new Device { State = first };
        var from = new DeviceMigration(source);
        List<byte> stream = [];
        from.SetState(VFIO_DEVICE_STATE_PRE_COPY, defers: false, () => { });
        for (var i = left; i > 0 && Read(from, stream, reads); i--)
        {
        }

        // What is left of the first is dropped.
        source.State = last;
        from.SetState(VFIO_DEVICE_STATE_STOP_COPY, defers: false, () => { });
        while (Read(from, stream, reads))
        {
        }

        var target = new Device();
        var to = new DeviceMigration(target);
        Assert.False(to.SetState(VFIO_DEVICE_STATE_RESUMING, defers: false, () => { }).IsError);
        foreach (var piece in stream.Chunk(writes))
        {
            Assert.False(to.Write(piece).IsError);
        }

        Assert.False(to.SetState(VFIO_DEVICE_STATE_RUNNING, defers: false, () => { }).IsError);
        Assert.Equal(last, target.State);
        Assert.Equal((true, false), (target.IsRunning, source.IsRunning));
    }

    private static bool Read(DeviceMigration migration, List<byte> stream, int size)
    {
        var bytes = new byte[size];
        var result = migration.Read(bytes);
        Assert.False(result.IsError);
        stream.AddRange(bytes.AsSpan(0, (int)result.Raw));
        return result.Raw == size;
    }

    private sealed class Device : IMigratable
    {
        public byte[] State { get; set; } = [];

        public bool IsRunning { get; private set; } = true;

        public bool Holds { get; private set; } = true;

        public bool IsElsewhere { get; set; }

        public bool CannotLetGo { get; init; }

        public int Delay { get; set; }

        public bool TryStop()
        {
            IsRunning = false;
            return --Delay < 0;
        }

        public void Start() => IsRunning = true;

        public bool TryLetGo([NotNullWhen(false)] out string? error)
        {
            error = CannotLetGo ? "not durable" : null;
            Holds = CannotLetGo;
            return !CannotLetGo;
        }

        public bool TryTake([NotNullWhen(false)] out string? error)
        {
            error = IsElsewhere ? "elsewhere" : null;
            Holds |= !IsElsewhere;
            return !IsElsewhere;
        }

        public void Clear() => State = [];

        public void Save(IBufferWriter<byte> state) => state.Write(State);

        public bool TryLoad(ReadOnlySpan<byte> state, [NotNullWhen(false)] out string? error)
        {
            Assert.False(IsRunning);
            State = state.ToArray();
            error = null;
            return true;
        }
    }
}
