using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Pci.VfioPci;

/// <summary>
/// A function's state as bytes: a mark, what kind of function it is, configuration space as clients see it, and what the model says of itself.
/// </summary>
public static class DeviceStateImage
{
    private static ReadOnlySpan<byte> Mark => "viaduct state 1\n"u8;

    /// <summary>Lays one out.</summary>
    /// <param name="output">Receives the bytes.</param>
    /// <param name="kind">Such as a model's name; whoever reads it must expect the same.</param>
    /// <param name="configuration">See <see cref="VfioPciDevice.SaveConfiguration"/>.</param>
    /// <param name="model">See <see cref="Hardware.IDeviceState.SaveState"/>.</param>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> configuration, ReadOnlySpan<byte> model)
    {
        output.Write(Mark);
        WriteBlock(output, kind);
        WriteBlock(output, configuration);
        WriteBlock(output, model);
    }

    /// <summary>Takes one apart.</summary>
    /// <param name="bytes">All of it; it need not be trusted.</param>
    /// <param name="kind">What it must be.</param>
    /// <param name="configuration">Configuration space as clients see it.</param>
    /// <param name="model">What the model says of itself.</param>
    /// <returns>False where it is none, or of another kind.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> kind, [NotNullWhen(true)] out byte[]? configuration, [NotNullWhen(true)] out byte[]? model)
    {
        (configuration, model) = (null, null);
        if (!bytes.StartsWith(Mark))
        {
            return false;
        }

        bytes = bytes[Mark.Length..];
        return TryReadBlock(ref bytes, out var found) && kind.SequenceEqual(found)
            && TryReadBlock(ref bytes, out configuration) && TryReadBlock(ref bytes, out model) && bytes.IsEmpty;
    }

    private static void WriteBlock(IBufferWriter<byte> output, ReadOnlySpan<byte> block)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), block.Length);
        output.Advance(sizeof(int));
        output.Write(block);
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
