using System.Buffers;
using Viaduct.Abi;
using static Viaduct.Abi.VfioDeviceMigState;

namespace Viaduct.Vfio.Migration;

/// <summary>
/// The migration states of a device, version 2 (enum vfio_device_mig_state), with what is saved and loaded on the way. One thread at a time
/// calls.
/// <para>A state that is read in PRE_COPY is whole, and that of STOP_COPY replaces it: what is gained is that the other side refuses a
/// device that does not fit while this one still runs. What was not read of the first is dropped.</para>
/// </summary>
/// <param name="device">The device, running.</param>
public sealed class DeviceMigration(IMigratable device)
{
    /// <summary>The least that <see cref="Read"/> takes.</summary>
    public const int SmallestRead = StateOutput.SmallestRead;

    private StateOutput? _output;
    private StateInput? _input;
    private bool _isLoaded;

    /// <summary>What the device can, for VFIO_DEVICE_FEATURE_MIGRATION.</summary>
    public static VfioMigrationFlags Flags => VfioMigrationFlags.VFIO_MIGRATION_STOP_COPY | VfioMigrationFlags.VFIO_MIGRATION_PRE_COPY;

    /// <summary>Where it is.</summary>
    public VfioDeviceMigState State { get; private set; } = VFIO_DEVICE_STATE_RUNNING;

    /// <summary>It runs, or is about to.</summary>
    public bool IsRunning => State is VFIO_DEVICE_STATE_RUNNING or VFIO_DEVICE_STATE_PRE_COPY;

    /// <summary>It came from elsewhere and is RUNNING, but waits for <see cref="StartDeferred"/>.</summary>
    public bool IsDeferred { get; private set; }

    /// <summary>Why the last call failed, or left the device in ERROR; a sentence. Null where the errno says it all.</summary>
    public string? Error { get; private set; }

    /// <summary>Goes to a state, arc by arc.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="defers">A device that came from elsewhere waits for <see cref="StartDeferred"/>: its memory is not in place.</param>
    /// <param name="whileWaiting">Called again and again until the device is at rest; it may wait for a moment itself.</param>
    /// <returns>Zero; EINVAL where there is no way, or what was loaded is no state of this device, which is in ERROR then; EBUSY where
    /// somebody else has what the device needs to run; EIO where what it wrote cannot be made durable, and it runs on. Arcs before the one that failed are done.</returns>
    public SysResult SetState(VfioDeviceMigState target, bool defers, Action whileWaiting)
    {
        Error = null;
        while (State != target)
        {
            var result = MigrationStates.GetNext(State, target, Flags, out var next);
            if (result.IsError || (result = Go(next, defers, whileWaiting)).IsError)
            {
                return result;
            }

            State = next;
        }

        return SysResult.Success;
    }

    /// <summary>Reads what is to be saved.</summary>
    /// <param name="destination">At least <see cref="SmallestRead"/> bytes.</param>
    /// <returns>Bytes, fewer than there is room for at the end; EINVAL in a state that saves nothing, or where there is too little room.</returns>
    public SysResult Read(Span<byte> destination)
        => _output is null || destination.Length < SmallestRead ? Errno.EINVAL : SysResult.FromValue(_output.Read(destination));

    /// <summary>Takes what another device saved.</summary>
    /// <param name="bytes">Any part of it, in order; it need not be trusted.</param>
    /// <returns>Zero; EINVAL in another state than RESUMING, or where the bytes are wrong: the device is in ERROR then.</returns>
    public SysResult Write(ReadOnlySpan<byte> bytes)
    {
        Error = null;
        if (_input is null)
        {
            return Errno.EINVAL;
        }

        string? error;
        while (_input.TryTake(ref bytes, out var state, out error))
        {
            _isLoaded = device.TryLoad(state.Value.Span, out error);
            if (!_isLoaded)
            {
                break;
            }
        }

        return error is null ? SysResult.Success : Fail(error);
    }

    /// <summary>A device for which <see cref="IsDeferred"/> holds goes on.</summary>
    public void StartDeferred()
    {
        if (IsDeferred)
        {
            IsDeferred = false;
            device.Start();
        }
    }

    /// <summary>The device was reset: it is RUNNING, whatever it was; or in ERROR, where somebody else has what it needs to run.</summary>
    public void Reset()
    {
        Forget();
        Error = null;
        IsDeferred = false;
        if (!IsRunning && !TryTake())
        {
            State = VFIO_DEVICE_STATE_ERROR;
            return;
        }

        State = VFIO_DEVICE_STATE_RUNNING;
        device.Start();
    }

    /// <summary>Whoever read or wrote has gone: what was under way is given up.</summary>
    public void EndTransfer()
    {
        State = State switch
        {
            VFIO_DEVICE_STATE_PRE_COPY => VFIO_DEVICE_STATE_RUNNING,
            VFIO_DEVICE_STATE_STOP_COPY => VFIO_DEVICE_STATE_STOP,
            VFIO_DEVICE_STATE_RESUMING => VFIO_DEVICE_STATE_ERROR,
            _ => State,
        };
        Forget();
    }

    private SysResult Go(VfioDeviceMigState next, bool defers, Action whileWaiting)
    {
        switch ((State, next))
        {
            case (VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_STOP):
                return Leave(whileWaiting);
            case (VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RUNNING):
                return Start(defers);
            case (VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_PRE_COPY):
                Stop(whileWaiting);
                Save();
                if (!IsDeferred)
                {
                    device.Start();
                }

                break;
            case (VFIO_DEVICE_STATE_PRE_COPY, VFIO_DEVICE_STATE_STOP_COPY):
                var left = Leave(whileWaiting);
                if (left.IsError)
                {
                    return left;
                }

                Save();
                break;
            case (_, VFIO_DEVICE_STATE_STOP_COPY):
                Save();
                break;
            case (_, VFIO_DEVICE_STATE_RESUMING):
                device.Clear();
                Stop(whileWaiting);
                _input = new StateInput();
                _isLoaded = false;
                break;
            case (VFIO_DEVICE_STATE_RESUMING, _):
                return EndLoading();
            default:
                _output = null;
                break;
        }

        return SysResult.Success;
    }

    /// <summary>The device stops, and others may have what it held.</summary>
    private SysResult Leave(Action whileWaiting)
    {
        Stop(whileWaiting);
        if (device.TryLetGo(out var error))
        {
            IsDeferred = false;
            return SysResult.Success;
        }

        Error = error;
        if (!TryTake())
        {
            return Fail(error);
        }

        Error = error;
        if (!IsDeferred)
        {
            device.Start();
        }

        return Errno.EIO;
    }

    private void Stop(Action whileWaiting)
    {
        while (!device.TryStop())
        {
            whileWaiting();
        }
    }

    private SysResult Start(bool defers)
    {
        if (!TryTake())
        {
            return Errno.EBUSY;
        }

        IsDeferred = defers && _isLoaded;
        _isLoaded = false;
        if (!IsDeferred)
        {
            device.Start();
        }

        return SysResult.Success;
    }

    private void Save()
    {
        var state = new ArrayBufferWriter<byte>();
        device.Save(state);
        _output = new StateOutput(state.WrittenMemory);
    }

    private SysResult EndLoading()
    {
        var input = _input!;
        _input = null;
        return _isLoaded && input.IsAtEnd ? SysResult.Success : Fail(input.Missing);
    }

    private bool TryTake()
    {
        var isTaken = device.TryTake(out var error);
        Error = error;
        return isTaken;
    }

    private SysResult Fail(string error)
    {
        Error = error;
        State = VFIO_DEVICE_STATE_ERROR;
        Forget();
        return Errno.EINVAL;
    }

    private void Forget() => (_output, _input, _isLoaded) = (null, null, false);
}
