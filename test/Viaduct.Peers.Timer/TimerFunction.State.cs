using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Viaduct.Pci.Hardware;

namespace Viaduct.Peers.Timer;

/// <content>State that goes to another server.</content>
public sealed partial class TimerFunction : IDeviceState
{
    private const uint StateMark = 0x3152_4d54;

    public bool TryPause()
    {
        lock (Gate)
        {
            _isPaused = true;
            return !_isRinging;
        }
    }

    public void SaveState(IBufferWriter<byte> state)
    {
        var writer = new StateWriter(state);
        lock (Gate)
        {
            writer.Write(StateMark);
            SaveHardware(writer);
            writer.Write(Registers[s_time].Value);
            writer.Write(_isArmed);
            writer.Write(_memory.Bytes);
        }
    }

    public bool TryLoadState(ReadOnlySpan<byte> state, [NotNullWhen(false)] out string? error)
    {
        var reader = new StateReader(state);
        lock (Gate)
        {
            if (reader.ReadUInt32() != StateMark)
            {
                reader.Refuse();
            }

            LoadHardware(ref reader);
            Registers[s_time].Value = reader.ReadUInt64();
            _isArmed = reader.ReadBool();
            var memory = reader.ReadBytes(MemorySize);
            if (!reader.IsGood || !reader.IsAtEnd)
            {
                Reset(PciResetKind.Cold);
                error = "This is no state of a timer.";
                return false;
            }

            memory.CopyTo(_memory.Bytes);
            _isPaused = true;
            error = null;
            return true;
        }
    }

    public void Resume()
    {
        lock (Gate)
        {
            if (_isPaused && _isArmed)
            {
                Arm((long)Registers[s_time].Value);
            }

            _isPaused = false;
        }
    }
}
