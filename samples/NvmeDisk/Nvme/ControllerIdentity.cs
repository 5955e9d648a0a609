using System.Buffers.Binary;
using System.Text;

namespace NvmeDisk.Nvme;

/// <summary>What the controller says of itself: Identify, CNS 01h (Base Specification 2.0, 5.17.2.1).</summary>
internal sealed record ControllerIdentity
{
    internal required ushort VendorId { get; init; }

    internal required string SerialNumber { get; init; }

    internal required string Model { get; init; }

    internal required string Firmware { get; init; }

    /// <summary>VER: major 31:16, minor 15:8, tertiary 7:0.</summary>
    internal required uint Version { get; init; }

    /// <summary>MDTS: log2 of the largest transfer in pages of CAP.MPSMIN; 0 for no limit.</summary>
    internal required byte MaxTransferShift { get; init; }

    /// <summary>NN: the largest namespace identifier.</summary>
    internal required uint Namespaces { get; init; }

    /// <summary>VWC bit 0: written data may be lost with the power until it is flushed.</summary>
    internal required bool HasVolatileCache { get; init; }

    /// <summary>ONCS: the optional commands, by bit.</summary>
    internal required ushort OptionalCommands { get; init; }

    internal static ControllerIdentity Parse(ReadOnlySpan<byte> data) => new()
    {
        VendorId = BinaryPrimitives.ReadUInt16LittleEndian(data),
        SerialNumber = Text(data.Slice(4, 20)),
        Model = Text(data.Slice(24, 40)),
        Firmware = Text(data.Slice(64, 8)),
        MaxTransferShift = data[77],
        Version = BinaryPrimitives.ReadUInt32LittleEndian(data[80..]),
        Namespaces = BinaryPrimitives.ReadUInt32LittleEndian(data[516..]),
        OptionalCommands = BinaryPrimitives.ReadUInt16LittleEndian(data[520..]),
        HasVolatileCache = (data[525] & 1) != 0,
    };

    // ASCII, padded with spaces. What a device says goes to a terminal: nothing but printable characters.
    private static string Text(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder(data.Length);
        foreach (var value in data)
        {
            text.Append(value is >= 0x20 and < 0x7F ? (char)value : ' ');
        }

        return text.ToString().Trim();
    }
}
