using System.Buffers.Binary;
using Viaduct.Iommu;
using static Viaduct.Devices.Ioat.IoatRegisters;

namespace Viaduct.Devices.Ioat;

/// <content>The engine. Only the executor runs it; nothing here is entered with the gate held.</content>
public sealed partial class IoatFunction
{
    // Other devices may share the executor: after so much the engine queues itself again.
    private const int DescriptorsPerTurn = 256;
    private const long BytesPerTurn = 16 << 20;

    // Commands are seen between pieces.
    private const uint PieceSize = 256 * 1024;

    // What Intel's IOMMU of that generation translates: 48 bits.
    private const ulong LastAddress = (1UL << 48) - 1;
    private const ulong CompletionAlignment = sizeof(ulong) - 1;

    private readonly Lock _bus = new();
    private readonly byte[] _fetched = new byte[IoatDescriptor.Length];
    private readonly byte[] _status = new byte[sizeof(ulong)];
    private IoatDescriptor _descriptor;
    private uint _offset;
    private bool _isFetched;
    private uint _engineGeneration;

    private void Run()
    {
        var budget = BytesPerTurn;
        for (var turn = 0; turn < DescriptorsPerTurn && budget > 0; turn++)
        {
            if (!Step(ref budget))
            {
                return;
            }
        }

        Executor.Post(_run);
    }

    /// <summary>A command, an error or a descriptor.</summary>
    /// <returns>False where nothing is left to do.</returns>
    private bool Step(ref long budget)
    {
        EngineView view;
        lock (Gate)
        {
            view = Look();
            if (view is { Commands: 0, Errors: IoatErrors.None } && _state != IoatState.Active)
            {
                _isQueued = false;
                return false;
            }
        }

        if (_engineGeneration != view.Generation)
        {
            (_engineGeneration, _offset, _isFetched) = (view.Generation, 0, false);
        }

        if (view.Errors != IoatErrors.None)
        {
            Halt(view, view.Errors);
        }
        else if (view.Commands != 0)
        {
            Obey(view);
        }
        else
        {
            Work(view, ref budget);
        }

        return true;
    }

    /// <summary>What the engine has to know, copied while the gate is held.</summary>
    private EngineView Look()
    {
        if (_state == IoatState.Active && (ushort)_descriptorCount.Value == _done)
        {
            _state = IoatState.Idle;
        }

        return new EngineView(
            _generation, _state, _pendingCommands, (IoatErrors)_pendingErrors, _next, _isFirst, _completed,
            (ushort)(_done + 1) == (ushort)_descriptorCount.Value, _completionAddress.Value, _control.Value, _errorMask.Value);
    }

    /// <summary>Carries out the most thorough of the commands that wait; a reset carries out all.</summary>
    private void Obey(in EngineView view)
    {
        var command = (view.Commands & ChannelReset) != 0 ? ChannelReset
            : (view.Commands & Abort) != 0 ? Abort
            : (view.Commands & Suspend) != 0 ? Suspend : Resume;
        var state = command switch
        {
            ChannelReset or Abort => IoatState.Halted,
            Suspend => view.State == IoatState.Halted ? IoatState.Halted : IoatState.Suspended,
            _ => view.State,
        };

        // Written before software can see that the command is done, and may take the memory away.
        var stops = command is Abort or Suspend && state != view.State && view.CompletionAddress != 0;
        if (stops && !Report(view, view.Completed | (ulong)state))
        {
            Halt(view, IoatErrors.CompletionAddress);
            return;
        }

        lock (Gate)
        {
            if (_generation == view.Generation)
            {
                Apply(command, state);
            }
        }
    }

    private void Apply(byte command, IoatState state)
    {
        _pendingCommands &= command == ChannelReset ? 0 : ~(uint)command;
        switch (command)
        {
            case ChannelReset:
                Forget();
                foreach (var spec in OfChannelReset)
                {
                    Registers[spec].Value = spec.Reset;
                }

                break;
            case Resume:
                if (_state == IoatState.Suspended)
                {
                    var isDone = _done == (ushort)_descriptorCount.Value;
                    _state = !isDone ? IoatState.Active : _isFirst ? IoatState.Armed : IoatState.Idle;
                }

                break;
            default:
                _state = state;
                break;
        }
    }

    /// <summary>The descriptor that is next, or what is left of one that was suspended.</summary>
    private void Work(in EngineView view, ref long budget)
    {
        var error = Fetch(view);
        if (error == IoatErrors.None && !_descriptor.IsNull)
        {
            error = Move(view, ref budget);
        }

        if (IsInterrupted(view))
        {
            return;
        }

        if (error != IoatErrors.None)
        {
            var isSkipped = (error & IoatErrors.OfOneDescriptor & (IoatErrors)view.ErrorMask) != 0;
            if (!isSkipped)
            {
                Halt(view, error);
                return;
            }
        }

        Complete(view, error);
    }

    private IoatErrors Fetch(in EngineView view)
    {
        if (_isFetched)
        {
            return IoatErrors.None;
        }

        if ((view.Next & DescriptorAlignment) != 0 || view.Next > LastAddress)
        {
            return view.IsFirst ? IoatErrors.ChainAddress : IoatErrors.NextDescriptorAddress;
        }

        lock (_bus)
        {
            if (_generation != view.Generation)
            {
                return IoatErrors.None;
            }

            if (!Dma.Read(view.Next, _fetched).IsOk)
            {
                return IoatErrors.Descriptor;
            }
        }

        _descriptor = IoatDescriptor.Read(_fetched);
        _offset = 0;
        var error = _descriptor.Check(1u << _transferCapacity, LastAddress);
        _isFetched = error == IoatErrors.None;
        return error;
    }

    /// <summary>Moves until the end, an error, or a command.</summary>
    private IoatErrors Move(in EngineView view, ref long budget)
    {
        while (_offset < _descriptor.Size && !IsInterrupted(view))
        {
            var length = Math.Min(PieceSize, _descriptor.Size - _offset);
            DmaResult result;
            lock (_bus)
            {
                if (_generation != view.Generation)
                {
                    return IoatErrors.None;
                }

                // A piece is a multiple of the pattern, which so begins anew with each.
                result = _descriptor.Operation == IoatDescriptor.Fill
                    ? Dma.Fill(_descriptor.Destination + _offset, _descriptor.Source, length)
                    : Dma.Copy(_descriptor.Destination + _offset, _descriptor.Source + _offset, length);
            }

            if (!result.IsOk)
            {
                return result.Access == DmaAccess.Read ? IoatErrors.ReadData : IoatErrors.WriteData;
            }

            _offset += length;
            budget -= length;
        }

        return IoatErrors.None;
    }

    /// <summary>The descriptor is done, or skipped.</summary>
    private void Complete(in EngineView view, IoatErrors skippedFor)
    {
        var control = skippedFor == IoatErrors.DescriptorControl ? 0 : _descriptor.Control;
        if ((control & IoatDescriptor.CompletionWrite) != 0)
        {
            var status = view.Next | (ulong)(view.IsLast ? IoatState.Idle : IoatState.Active);
            if (!Report(view, status))
            {
                Halt(view, IoatErrors.CompletionAddress);
                return;
            }
        }

        lock (Gate)
        {
            if (_generation != view.Generation)
            {
                return;
            }

            Record(skippedFor);
            _isFetched = false;
            _isFirst = false;
            _completed = view.Next;
            _next = _descriptor.Next;
            _done++;
            if (_done == (ushort)_descriptorCount.Value)
            {
                _state = IoatState.Idle;
            }

            if ((control & IoatDescriptor.InterruptEnable) != 0)
            {
                Signal();
            }
        }
    }

    /// <summary>Stops the channel with errors; what it was told to do is forgotten.</summary>
    private void Halt(in EngineView view, IoatErrors errors)
    {
        var reports = (view.Control & ErrorCompletionEnable) != 0 && view.CompletionAddress != 0
            && (errors & IoatErrors.CompletionAddress) == 0;
        if (reports && !Report(view, view.Completed | (ulong)IoatState.Halted))
        {
            errors |= IoatErrors.CompletionAddress;
        }

        lock (Gate)
        {
            if (_generation != view.Generation)
            {
                return;
            }

            _pendingErrors &= ~(uint)errors;
            _pendingCommands &= ChannelReset;
            _state = IoatState.Halted;
            Record(errors);
            if ((_control.Value & ErrorInterruptEnable) != 0)
            {
                Signal();
            }
        }

        if (ModelObserver is not null)
        {
            DriverMistake($"the channel halted at descriptor 0x{view.Next:x}: {errors}");
        }
    }

    /// <summary>Writes a status to CHANCMP.</summary>
    private bool Report(in EngineView view, ulong status)
    {
        if ((view.CompletionAddress & CompletionAlignment) != 0 || view.CompletionAddress > LastAddress)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(_status, status);
        lock (_bus)
        {
            return _generation != view.Generation || Dma.Write(view.CompletionAddress, _status).IsOk;
        }
    }

    private bool IsInterrupted(in EngineView view)
        => _pendingCommands != 0 || _pendingErrors != 0 || _generation != view.Generation;

    private readonly record struct EngineView(
        uint Generation, IoatState State, uint Commands, IoatErrors Errors, ulong Next, bool IsFirst, ulong Completed, bool IsLast,
        ulong CompletionAddress, ulong Control, ulong ErrorMask);
}
