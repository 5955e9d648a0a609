using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Viaduct.Devices.Catalog;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Replica;

/// <content>The other files, and what all of them together must be.</content>
public static partial class ReplicaFaceReader
{
    private const int LargestRom = 1 << 24;

    private static bool TryReadRom(DeviceOptions options, ulong size, out PciRom? rom, [NotNullWhen(false)] out string? error)
    {
        rom = null;
        if (!TryReadOptional(options, RomKey, LargestRom, out var content, out error))
        {
            return false;
        }

        if (content is null && size == 0)
        {
            return true;
        }

        content ??= [];
        var bytes = size == 0 ? BitOperations.RoundUpToPowerOf2((ulong)Math.Max(content.Length, LeastRom)) : size;
        if (!BitOperations.IsPow2(bytes) || bytes is < LeastRom or > LargestRom || (ulong)content.Length > bytes)
        {
            error = $"the expansion ROM cannot have 0x{bytes:x} bytes with 0x{content.Length:x} in it: a power of two from 0x{LeastRom:x} to "
                + $"0x{LargestRom:x} is needed. Check line 7 of resource=, and rom=.";
            return false;
        }

        rom = new PciRom((int)bytes, content);
        return true;
    }

    private static bool TryReadWritable(
        DeviceOptions options, string key, int size, out byte[]? writable, [NotNullWhen(false)] out string? error)
    {
        writable = null;
        if (!TryReadOptional(options, key, LongestFile, out var file, out error) || file is null)
        {
            return error is null;
        }

        if (!ConfigDump.TryParse(file, out var dump, out error) || dump.Config.Length != size)
        {
            error = $"{key}={options.Values[key]}: {error ?? $"it has {dump!.Config.Length} bytes, the dump has {size}: one for "
                + "each is needed, with the bits set that software can write."}";
            return false;
        }

        writable = dump.Config;
        return true;
    }

    /// <summary>A file that a key names; null where the key is missing.</summary>
    private static bool TryReadOptional(
        DeviceOptions options, string key, int longest, out byte[]? content, [NotNullWhen(false)] out string? error)
    {
        content = null;
        error = null;
        if (!options.Values.TryGetValue(key, out var path))
        {
            return true;
        }

        try
        {
            // sysfs' own files do not know their length.
            using var stream = File.OpenRead(path);
            var buffer = new byte[longest + 1];
            var read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            content = buffer[..read];
            error = read > longest ? $"{key}={path}: it has more than {longest} bytes, so it cannot be the right file." : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error = $"{key}={path}: {e.Message}";
        }

        return error is null;
    }

    /// <summary>What would not work: capabilities that do not fit, an MSI-X table without memory under it.</summary>
    private static bool TryCheck(ReplicaFace face, [NotNullWhen(false)] out string? error)
    {
        error = face.Capabilities().Select(c => CheckCapability(face, c.Id, c.Offset)).FirstOrDefault(e => e is not null);
        return error is null;
    }

    private static string? CheckCapability(ReplicaFace face, byte id, int at)
    {
        var flags = (ushort)face.Word(at + PCI_CAP_FLAGS);
        (string Name, int Length) needed = id switch
        {
            PCI_CAP_ID_PM => ("Power Management", PCI_PM_SIZEOF),
            PCI_CAP_ID_VPD => ("VPD", PCI_CAP_VPD_SIZEOF),
            PCI_CAP_ID_MSI => (
                "MSI", 10 + ((flags & PCI_MSI_FLAGS_64BIT) != 0 ? 4 : 0) + ((flags & PCI_MSI_FLAGS_MASKBIT) != 0 ? 10 : 0)),
            PCI_CAP_ID_MSIX => ("MSI-X", PCI_CAP_MSIX_SIZEOF),
            PCI_CAP_ID_EXP => ("PCI Express", PciExpressCapability.LengthOf(flags)),
            PCI_CAP_ID_AF => ("Advanced Features", PCI_CAP_AF_SIZEOF),
            _ => ("", 2),
        };
        if (at + needed.Length > PCI_CFG_SPACE_SIZE)
        {
            return $"the {needed.Name} capability at 0x{at:x} needs 0x{needed.Length:x} bytes, but configuration space ends at 0x100: the dump is damaged. "
                + "Take it again.";
        }

        return id == PCI_CAP_ID_MSIX
            ? CheckMsix(face, at, "table", PCI_MSIX_TABLE, PCI_MSIX_ENTRY_SIZE)
                ?? CheckMsix(face, at, "pending bits", PCI_MSIX_PBA, 0)
            : null;
    }

    private static string? CheckMsix(ReplicaFace face, int at, string what, int register, int entrySize)
    {
        var vectors = (face.Word(at + PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_QSIZE) + 1;
        var place = BinaryPrimitives.ReadUInt32LittleEndian(face.Config.AsSpan(at + register));
        var length = (ulong)(entrySize != 0 ? vectors * entrySize : (vectors + 63) / 64 * 8);
        var (bar, offset) = ((int)(place & 7), place & ~7u);
        return bar >= BarCount || face.BarSizes[bar] == 0
            ? $"MSI-X's {what} is in BAR{bar}, which has no size: give bar{Math.Min(bar, BarCount - 1)}=SIZE or the right resource=FILE."
            : offset + length > face.BarSizes[bar]
                ? $"MSI-X's {what} is at 0x{offset:x} to 0x{offset + length - 1:x} of BAR{bar}, which has 0x{face.BarSizes[bar]:x} bytes: give its "
                    + $"real size by bar{bar}=SIZE or the right resource=FILE."
                : face.KindOf(bar).HasFlag(PciBarKind.Io)
                    ? $"MSI-X's {what} is in BAR{bar}, which is I/O: the dump is damaged. Take it again."
                    : null;
    }
}
