using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Viaduct.Pci.Hardware;
using Viaduct.VfioUser.Server;

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
    private static readonly byte[] s_mark = "viaduct state 1\n"u8.ToArray();

    private readonly string _path = Path.Combine(folder, $"{placed.Spec.Model.Name}-{placed.Device.Name}.state");

    /// <summary>Takes over what the last server left. The device is open, and nobody is served.</summary>
    /// <param name="server">The device's.</param>
    /// <param name="error">Why that cannot be; null where there was nothing, or it was taken.</param>
    /// <returns>The device waits for <see cref="IDeviceState.Resume"/>.</returns>
    public bool TryLoad(VfioUserServer server, out string? error)
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

        server.RestoreConfiguration(configuration);
        if (!((IDeviceState)placed.Device.Function).TryLoadState(model, out error))
        {
            error = $"{_path}: {error}";
            return false;
        }

        return true;
    }

    /// <summary>Leaves the device's state for the next server. Nobody is served.</summary>
    /// <returns>False where the model has none that could be kept.</returns>
    public bool TrySave(VfioUserServer server)
    {
        if (placed.Device.Function is not IDeviceState state)
        {
            return false;
        }

        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(s_mark);
        WriteBlock(bytes, Encoding.UTF8.GetBytes(placed.Spec.Model.Name));
        WriteBlock(bytes, server.SaveConfiguration());
        var model = new ArrayBufferWriter<byte>();
        state.SaveState(model);
        WriteBlock(bytes, model.WrittenSpan);

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

    private static void WriteBlock(ArrayBufferWriter<byte> bytes, ReadOnlySpan<byte> block)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), block.Length);
        bytes.Advance(sizeof(int));
        bytes.Write(block);
    }

    private bool TryRead([NotNullWhen(true)] out byte[]? configuration, [NotNullWhen(true)] out byte[]? model)
    {
        (configuration, model) = (null, null);
        if (new FileInfo(_path).Length > MostBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = File.ReadAllBytes(_path);
        if (!bytes.StartsWith(s_mark))
        {
            return false;
        }

        bytes = bytes[s_mark.Length..];
        if (!TryReadBlock(ref bytes, out var name) || Encoding.UTF8.GetString(name) != placed.Spec.Model.Name
            || !TryReadBlock(ref bytes, out configuration) || !TryReadBlock(ref bytes, out model))
        {
            return false;
        }

        return bytes.IsEmpty;
    }

    private static bool TryReadBlock(ref ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out byte[]? block)
    {
        block = null;
        if (!BinaryPrimitives.TryReadInt32LittleEndian(bytes, out var length) || length < 0 || length > bytes.Length - sizeof(int))
        {
            return false;
        }

        block = bytes.Slice(sizeof(int), length).ToArray();
        bytes = bytes[(sizeof(int) + length)..];
        return true;
    }
}
