using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Viaduct.Abi;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Nvme;

/// <content>State that outlives the process.</content>
public sealed partial class NvmeFunction : IDeviceState, ISharedStorage
{
    // "NVMe", and the version of what follows.
    private const uint StateMark = 0x654d_564e;
    private const uint StateVersion = 2;

    /// <inheritdoc/>
    public bool CanMigrate => Array.TrueForAll(_namespaces, ns => ns.Storage.CanMove);

    /// <inheritdoc/>
    public bool TryPause()
    {
        lock (Gate)
        {
            _isPaused = true;
            _controller.StopRequested = true;
            _controller.PauseBackground();
            if (HasReset)
            {
                Kick();
            }

            return !_isInTurn && !HasReset && _controller.IsBackgroundAtRest;
        }
    }

    /// <inheritdoc/>
    public void SaveState(IBufferWriter<byte> state)
    {
        var writer = new StateWriter(state);
        lock (Gate)
        {
            // The engine ends its turn after the command that is under way, and comes back by itself.
            _controller.StopRequested = true;
            Kick();
            lock (_bus)
            {
                writer.Write(StateMark);
                writer.Write(StateVersion);
                SaveHardware(writer);
                SaveRegisters(writer);
                _controller.Save(writer);
            }
        }
    }

    /// <inheritdoc/>
    public bool TryLoadState(ReadOnlySpan<byte> state, [NotNullWhen(false)] out string? error)
    {
        var reader = new StateReader(state);
        lock (Gate)
        {
            lock (_bus)
            {
                if (reader.ReadUInt32() != StateMark || reader.ReadUInt32() != StateVersion)
                {
                    error = "This is no state of an NVMe controller, or of another version.";
                    return false;
                }

                LoadHardware(ref reader);
                LoadRegisters(ref reader);
                error = _controller.Load(ref reader);
                if (error is null && (!reader.IsGood || !reader.IsAtEnd))
                {
                    error = "The state of the NVMe controller is damaged.";
                }
            }

            if (error is not null)
            {
                Reset(PciResetKind.Cold);
                return false;
            }

            _isPaused = true;
            _isLoaded = true;
            return true;
        }
    }

    /// <inheritdoc/>
    public void Resume()
    {
        lock (Gate)
        {
            if (_isPaused)
            {
                _isPaused = false;
                _isResuming = _isLoaded;
                _isLoaded = false;
                _controller.ResumeBackground();
                Kick();
            }
        }
    }

    /// <inheritdoc/>
    public bool TryLetGo([NotNullWhen(false)] out string? error)
    {
        error = null;
        foreach (var ns in _namespaces)
        {
            var result = ns.Storage.LetGo();
            if (result.IsError)
            {
                error = $"Namespace {ns.Id} could not be synchronised ({result.Errno}), and so nobody else can have it.";
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryTake([NotNullWhen(false)] out string? error)
    {
        error = null;
        foreach (var ns in _namespaces)
        {
            var result = ns.Storage.TryTake();
            if (result.IsError)
            {
                error = result.Errno == Errno.EAGAIN
                    ? $"Another controller, or another program, has the file of namespace {ns.Id} open."
                    : $"The file of namespace {ns.Id} cannot be locked ({result.Errno}).";
                return false;
            }
        }

        return true;
    }

    private void SaveRegisters(StateWriter writer)
    {
        var values = new ulong[Registers.StateLength];
        Registers.Save(values);
        foreach (var value in values)
        {
            writer.Write(value);
        }

        // What the engine has heard and not done yet comes before what was said since.
        _doorbells.Save(writer);
        _rung.Save(writer);
        writer.Write(_mask);
        writer.Write(_wantsDisable);
        writer.Write(_wasReset);
        writer.Write(_isAlive);
        writer.Write(_shutdownStatus);
    }

    private void LoadRegisters(ref StateReader reader)
    {
        var values = new ulong[Registers.StateLength];
        foreach (ref var value in values.AsSpan())
        {
            value = reader.ReadUInt64();
        }

        // What it can do is what this one can do.
        var capabilities = Registers[NvmeRegisters.Capabilities].Value;
        var version = Registers[NvmeRegisters.Version].Value;
        Registers.Load(values);
        Registers[NvmeRegisters.Capabilities].Value = capabilities;
        Registers[NvmeRegisters.Version].Value = version;
        _doorbells.Load(ref reader);
        _rung.Load(ref reader);
        _mask = reader.ReadUInt32();
        _wantsDisable = reader.ReadBool();
        _wasReset = reader.ReadBool();
        _isAlive = reader.ReadBool();
        _shutdownStatus = reader.ReadUInt32() & NvmeRegisters.ShutdownStatus;
    }
}
