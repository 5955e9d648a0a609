using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.VfioPci;

namespace Viaduct.Cli.Machine;

/// <summary>
/// Where a served device is, for the server that comes after this one: a mark, the model's name, configuration space as clients see it,
/// and what the model says of itself. It is there between two servers and at no other time, so that nobody ever goes on from what was
/// long ago.
/// </summary>
/// <param name="folder">--state-dir.</param>
/// <param name="placed">The device.</param>
internal sealed class DeviceStateFile(string folder, PlacedDevice placed)
{
    private const int MostBytes = 64 << 20;

    private readonly string _path = Path.Combine(folder, $"{placed.Spec.Model.Name}-{placed.Device.Name}.state");

    private byte[] Kind => Encoding.UTF8.GetBytes(placed.Spec.Model.Name);

    /// <summary>Takes over what the last server left. The device is open, and nobody is served.</summary>
    /// <param name="error">Why that cannot be; null where there was nothing, or it was taken.</param>
    /// <returns>The device waits for <see cref="IDeviceState.Resume"/>.</returns>
    public bool TryLoad(out string? error)
    {
        error = null;
        if (!File.Exists(_path))
        {
            return false;
        }

        byte[]? configuration, model;
        try
        {
            if (placed.Device.Function is not IDeviceState || !TryRead(out configuration, out model))
            {
                error = $"{_path} is no state of {placed.Spec.Model.Name}.";
                return false;
            }

            // At once: whatever becomes of it, nobody goes on from it a second time.
            File.Delete(_path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            error = refused.Message;
            return false;
        }

        placed.Device.Vfio!.RestoreConfiguration(configuration);
        if (!((IDeviceState)placed.Device.Function).TryLoadState(model, out error))
        {
            error = $"{_path}: {error}";
            return false;
        }

        return true;
    }

    /// <summary>Leaves the device's state for the next server. Nobody is served.</summary>
    /// <returns>False where the model has none that could be kept, or a client stopped the device: it goes on elsewhere.</returns>
    public bool TrySave()
    {
        if (placed.Device is not { Function: IDeviceState state, Vfio: { } vfio } || vfio.Migration is { IsRunning: false })
        {
            return false;
        }

        SpinWait.SpinUntil(state.TryPause);
        var bytes = new ArrayBufferWriter<byte>();
        var model = new ArrayBufferWriter<byte>();
        state.SaveState(model);
        DeviceStateImage.Write(bytes, Kind, vfio.SaveConfiguration(), model.WrittenSpan);

        // Whole or not at all.
        Directory.CreateDirectory(folder);
        var fresh = _path + ".new";
        using (var file = File.OpenHandle(fresh, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, bytes.WrittenSpan, 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(fresh, _path, overwrite: true);
        return true;
    }

    private bool TryRead([NotNullWhen(true)] out byte[]? configuration, [NotNullWhen(true)] out byte[]? model)
    {
        (configuration, model) = (null, null);
        return new FileInfo(_path).Length <= MostBytes
            && DeviceStateImage.TryRead(File.ReadAllBytes(_path), Kind, out configuration, out model);
    }
}
