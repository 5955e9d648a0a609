using System.Globalization;

namespace Viaduct.Devices.Catalog;

/// <summary>The keys and values that a user gave for one device, without those that belong to the command.</summary>
/// <param name="Values">Keys as written, each once.</param>
public sealed record DeviceOptions(IReadOnlyDictionary<string, string> Values)
{
    /// <summary>No keys.</summary>
    public static DeviceOptions None { get; } = new(new Dictionary<string, string>());

    /// <summary>A number, decimal or with 0x in front.</summary>
    /// <param name="key">The key; <paramref name="value"/> has its default where it is missing.</param>
    /// <param name="minimum">The lowest value that is allowed.</param>
    /// <param name="maximum">The highest.</param>
    /// <param name="value">The number; the default goes in and stays where the key is missing.</param>
    /// <param name="error">A sentence that says what is wrong and what would be right.</param>
    public bool TryGetNumber(string key, ulong minimum, ulong maximum, ref ulong value, out string? error)
    {
        error = null;
        if (!Values.TryGetValue(key, out var text))
        {
            return true;
        }

        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (ulong.TryParse(
                isHex ? text.AsSpan(2) : text,
                isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number)
            && number >= minimum && number <= maximum)
        {
            value = number;
            return true;
        }

        error = isHex || maximum > uint.MaxValue
            ? $"{key}={text}: a number from 0x{minimum:x} to 0x{maximum:x} is needed."
            : $"{key}={text}: a number from {minimum} to {maximum} is needed.";
        return false;
    }
}
