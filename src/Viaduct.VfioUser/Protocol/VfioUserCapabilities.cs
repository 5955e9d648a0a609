using System.Text.Json;

namespace Viaduct.VfioUser.Protocol;

/// <summary>What a side says of itself in VFIO_USER_VERSION. A value that it does not name has the specification's default.</summary>
public sealed record VfioUserCapabilities
{
    /// <summary>The default of <see cref="MaxDataTransfer"/>.</summary>
    public const int DefaultDataTransfer = 1 << 20;

    /// <summary>max_msg_fds of one that says none.</summary>
    public const int DefaultDescriptors = 1;

    /// <summary>The default of <see cref="MaxDmaMaps"/>.</summary>
    public const int DefaultDmaMaps = 65535;

    /// <summary>The default of <see cref="PageSizes"/>.</summary>
    public const ulong DefaultPageSizes = 4096;

    // No peer's is longer than some hundred bytes.
    private const int LongestText = 4096;

    /// <summary>The most descriptors that the sender takes in one message: max_msg_fds.</summary>
    public int? MaxDescriptors { get; init; }

    /// <summary>The most bytes of a data transfer that the sender takes: max_data_xfer_size.</summary>
    public long? MaxDataTransfer { get; init; }

    /// <summary>The most mappings at once: max_dma_maps.</summary>
    public long? MaxDmaMaps { get; init; }

    /// <summary>A bit for each page size that DMA can be mapped in: pgsizes.</summary>
    public ulong? PageSizes { get; init; }

    /// <summary>twin_socket.supported: the server's commands may go over a socket of their own.</summary>
    public bool HasTwinSocket { get; init; }

    /// <summary>twin_socket.fd_index: which of the message's descriptors is that socket.</summary>
    public int? TwinSocketIndex { get; init; }

    /// <summary>write_multiple: VFIO_USER_REGION_WRITE_MULTI is understood; null where nothing is said.</summary>
    public bool? HasWriteMultiple { get; init; }

    /// <summary>Reads what a peer sent. What is not known is passed over.</summary>
    /// <param name="text">JSON, with or without its NUL; empty where the peer sent none.</param>
    /// <param name="capabilities">What it says.</param>
    /// <returns>False where it is no JSON object, or a value that is known has the wrong type.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out VfioUserCapabilities capabilities)
    {
        capabilities = new VfioUserCapabilities();
        var end = text.IndexOf((byte)0);
        text = end < 0 ? text : text[..end];
        if (text.IsEmpty)
        {
            return true;
        }

        if (text.Length > LongestText)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text.ToArray());
            capabilities = document.RootElement.TryGetProperty("capabilities", out var all) ? Read(all) : capabilities;
            return true;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    /// <summary>The text for a peer, with its NUL.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("capabilities");
            Write(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        stream.WriteByte(0);
        return stream.ToArray();
    }

    private static VfioUserCapabilities Read(JsonElement all) => new()
    {
        MaxDescriptors = all.TryGetProperty("max_msg_fds", out var fds) ? fds.GetInt32() : null,
        MaxDataTransfer = all.TryGetProperty("max_data_xfer_size", out var transfer) ? transfer.GetInt64() : null,
        MaxDmaMaps = all.TryGetProperty("max_dma_maps", out var maps) ? maps.GetInt64() : null,
        PageSizes = all.TryGetProperty("pgsizes", out var pages) ? pages.GetUInt64() : null,
        HasWriteMultiple = all.TryGetProperty("write_multiple", out var multiple) ? multiple.GetBoolean() : null,
        HasTwinSocket = all.TryGetProperty("twin_socket", out var twin)
            && twin.TryGetProperty("supported", out var supported) && supported.GetBoolean(),
        TwinSocketIndex = all.TryGetProperty("twin_socket", out twin)
            && twin.TryGetProperty("fd_index", out var index) ? index.GetInt32() : null,
    };

    private void Write(Utf8JsonWriter writer)
    {
        if (MaxDescriptors is { } fds)
        {
            writer.WriteNumber("max_msg_fds", fds);
        }

        if (MaxDataTransfer is { } transfer)
        {
            writer.WriteNumber("max_data_xfer_size", transfer);
        }

        if (MaxDmaMaps is { } maps)
        {
            writer.WriteNumber("max_dma_maps", maps);
        }

        if (PageSizes is { } pages)
        {
            writer.WriteNumber("pgsizes", pages);
        }

        if (HasWriteMultiple is { } multiple)
        {
            writer.WriteBoolean("write_multiple", multiple);
        }

        if (HasTwinSocket)
        {
            writer.WriteStartObject("twin_socket");
            writer.WriteBoolean("supported", true);
            if (TwinSocketIndex is { } index)
            {
                writer.WriteNumber("fd_index", index);
            }

            writer.WriteEndObject();
        }
    }
}
