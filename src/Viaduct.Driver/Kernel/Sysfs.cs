using System.Globalization;
using System.Text;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>What sysfs knows of PCI devices. A file that is not there is an answer, not an error.</summary>
internal static class Sysfs
{
    /// <summary>The first 4,095 bytes of an attribute, trimmed; null where it cannot be read.</summary>
    internal static string? Read(string path)
    {
        if (FileCalls.Open(path, OpenFlags.O_RDONLY, out var file).IsError)
        {
            return null;
        }

        using (file)
        {
            Span<byte> buffer = stackalloc byte[4095];
            var result = FileCalls.Pread(file, buffer, 0);
            return result.IsError ? null : Encoding.UTF8.GetString(buffer[..(int)result.Raw]).Trim();
        }
    }

    /// <summary>A hexadecimal attribute such as <c>vendor</c>; null where there is none.</summary>
    internal static ushort? ReadHex(string path)
    {
        var text = Read(path);
        return text is not null && text.StartsWith("0x", StringComparison.Ordinal)
            && ushort.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
    }

    /// <summary>The last part of a link's target; null where there is no link.</summary>
    internal static string? LinkName(string path) =>
        FileCalls.ReadLink(path, out var target).IsError ? null : Path.GetFileName(target);

    /// <summary>The names in a folder, ascending; none where there is no folder.</summary>
    internal static string[] Names(string folder)
    {
        try
        {
            string[] names = [.. Directory.EnumerateFileSystemEntries(folder).Select(static path => Path.GetFileName(path)!)];
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (IOException)
        {
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The device's IOMMU group; null where it has none.</summary>
    internal static int? Group(VfioPaths paths, string device) =>
        int.TryParse(LinkName($"{paths.Device(device)}/iommu_group"), CultureInfo.InvariantCulture, out var group)
            ? group
            : null;

    /// <summary>The name of the driver that has the device; null for none.</summary>
    internal static string? Driver(VfioPaths paths, string device) => LinkName($"{paths.Device(device)}/driver");

    /// <summary>This process's limit of locked memory, for people; null where it cannot be read.</summary>
    internal static string? LockedMemoryLimit()
    {
        foreach (var line in Read("/proc/self/limits")?.Split('\n') ?? [])
        {
            if (line.StartsWith("Max locked memory", StringComparison.Ordinal)
                && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, var soft, ..])
            {
                return ulong.TryParse(soft, CultureInfo.InvariantCulture, out var bytes) ? Sizes.Format(bytes) : soft;
            }
        }

        return null;
    }
}
