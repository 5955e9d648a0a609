using System.Text;

namespace Viaduct.Fuzz.Wire;

/// <summary>What a client really sent, in order: a line a message, its bytes in hex, and behind them a letter for each descriptor: e for an
/// eventfd, m for memory.</summary>
internal sealed class Conversation
{
    private Conversation(IReadOnlyList<(byte[] Bytes, string Descriptors)> messages) => Messages = messages;

    public IReadOnlyList<(byte[] Bytes, string Descriptors)> Messages { get; }

    /// <summary>Those that were recorded, in the folder beside the program.</summary>
    public static IReadOnlyList<Conversation> Recorded { get; } =
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "conversations"), "*.txt").Order(StringComparer.Ordinal)
            .Select(path => new Conversation([.. File.ReadLines(path).Select(Parse)])),
    ];

    public static string Format(ReadOnlySpan<byte> bytes, string descriptors)
        => new StringBuilder(Convert.ToHexStringLower(bytes)).Append(descriptors.Length == 0 ? "" : " ").Append(descriptors)
            .ToString();

    private static (byte[] Bytes, string Descriptors) Parse(string line)
        => line.Split(' ') is [var hex, var descriptors] ? (Convert.FromHexString(hex), descriptors) : (Convert.FromHexString(line), "");
}
