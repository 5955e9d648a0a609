using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Migration;

namespace Viaduct.Pci.VfioPci;

/// <content>State that goes from one device to another.</content>
public sealed partial class VfioPciDevice
{
    private readonly DeviceMigration? _migration;
    private bool _isLoadingState;

    // Written with the gate held; the client's writes to BARs do nothing.
    private volatile bool _isStopped;

    /// <inheritdoc/>
    public override DeviceMigration? Migration => _migration;

    /// <summary>Configuration space as the client sees it. The device is open.</summary>
    public byte[] SaveConfiguration()
    {
        var bytes = new byte[Function.ConfigSize];
        lock (_lock)
        {
            _config?.CopyTo(0, bytes);
        }

        return bytes;
    }

    /// <summary>Writes configuration space as a client would that wants it as it was: what can only be read stays. The device is open.</summary>
    /// <param name="bytes">What <see cref="SaveConfiguration"/> gave; it need not be trusted.</param>
    public void RestoreConfiguration(ReadOnlySpan<byte> bytes)
    {
        const int Word = 4;
        lock (_lock)
        {
            for (var at = Word; at + Word <= Math.Min(bytes.Length, Function.ConfigSize) && _config is { } config; at += Word)
            {
                config.CopyFrom(at, bytes.Slice(at, Word));
            }
        }
    }

    private void SetStopped(bool isStopped)
    {
        lock (Function.Gate)
        {
            _isStopped = isStopped;
        }
    }

    /// <summary>The function was reset: it runs from here on. The device's lock is held.</summary>
    private void RestartMigration()
    {
        if (!_isLoadingState)
        {
            _migration?.Reset();
        }
    }

    private bool TryLoadState(IDeviceState function, ReadOnlySpan<byte> state, [NotNullWhen(false)] out string? error)
    {
        if (!DeviceStateImage.TryRead(state, Kind(), out var configuration, out var model))
        {
            error = $"This is no state of a device with the identifiers {Encoding.ASCII.GetString(Kind())}, or of another version.";
            return false;
        }

        lock (_lock)
        {
            _isLoadingState = true;
            RestoreConfiguration(configuration);
            var isLoaded = function.TryLoadState(model, out error);
            _isLoadingState = false;
            lock (Function.Gate)
            {
                Interrupts.RestoreMessages();
                AccessChanged();
            }

            return isLoaded;
        }
    }

    private byte[] Kind()
    {
        var id = Function.Identity;
        return Encoding.ASCII.GetBytes($"{id.VendorId:x4}:{id.DeviceId:x4} {id.SubsystemVendorId:x4}:{id.SubsystemId:x4} {id.Revision:x2}");
    }

    /// <summary>The function on the arcs.</summary>
    private sealed class Arcs(VfioPciDevice device, IDeviceState function) : IMigratable
    {
        public bool TryStop()
        {
            device.SetStopped(isStopped: true);
            return function.TryPause();
        }

        public void Start()
        {
            device.SetStopped(isStopped: false);
            function.Resume();
        }

        public bool TryLetGo([NotNullWhen(false)] out string? error)
        {
            error = null;
            return function is not ISharedStorage storage || storage.TryLetGo(out error);
        }

        public bool TryTake([NotNullWhen(false)] out string? error)
        {
            error = null;
            return function is not ISharedStorage storage || storage.TryTake(out error);
        }

        public void Clear()
        {
            lock (device._lock)
            {
                device._isLoadingState = true;
                device.SetPowerState(D0);
                device.ResetFunction(device.Pci.FindReset() ?? PciResetKind.Function);
                device._isLoadingState = false;
            }
        }

        public void Save(IBufferWriter<byte> state)
        {
            var model = new ArrayBufferWriter<byte>();
            function.SaveState(model);
            DeviceStateImage.Write(state, device.Kind(), device.SaveConfiguration(), model.WrittenSpan);
        }

        public bool TryLoad(ReadOnlySpan<byte> state, [NotNullWhen(false)] out string? error)
            => device.TryLoadState(function, state, out error);
    }
}
