using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Viaduct.Devices.Catalog;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Replica;

/// <summary>Makes a face from the files and sizes that a user names, and says what is wrong with them.</summary>
public static partial class ReplicaFaceReader
{
    /// <summary>The key of the dump.</summary>
    public const string ConfigKey = "config";

    /// <summary>The key of sysfs' resource.</summary>
    public const string ResourceKey = "resource";

    /// <summary>The key of the bits that software can write.</summary>
    public const string WritableKey = "writable";

    /// <summary>The key of the expansion ROM's content.</summary>
    public const string RomKey = "rom";

    /// <summary>The key of Vital Product Data.</summary>
    public const string VpdKey = "vpd";

    private const int BarCount = 6;
    private const int LongestFile = 1 << 24;
    private const int LongestVpd = 1 << 15;
    private const int LeastRom = 2048;

    // What the emulated host has windows for; a region's offset has 40 bits.
    private const ulong LargestIo = 2048;
    private const ulong Largest32 = 1 << 27;
    private const ulong Largest64 = 1UL << 40;

    /// <summary>Reads what the keys name.</summary>
    /// <param name="options">The keys.</param>
    /// <param name="face">What they come to.</param>
    /// <param name="error">What is wrong, and what would be right.</param>
    public static bool TryRead(DeviceOptions options, [NotNullWhen(true)] out ReplicaFace? face, [NotNullWhen(false)] out string? error)
    {
        face = null;
        if (!options.Values.ContainsKey(ConfigKey))
        {
            error = "replica needs config=FILE: the text of 'lspci -xxxx -s ADDRESS', or a copy of sysfs' config.";
            return false;
        }

        return TryReadDump(options, out var dump, out error)
            && TryReadSizes(options, dump, out var sizes, out var romSize, out error)
            && TryReadRom(options, romSize, out var rom, out error)
            && TryReadOptional(options, VpdKey, LongestVpd, out var vpd, out error)
            && TryReadWritable(options, WritableKey, dump.Config.Length, out var writable, out error)
            && TryCheck(face = new ReplicaFace(dump.Config) { BarSizes = sizes, Rom = rom, Vpd = vpd ?? [], Writable = writable }, out error)
            && TryReadVirtual(options, face, out face, out error)
            || (face = null) is not null;
    }

    private static bool TryReadDump(DeviceOptions options, [NotNullWhen(true)] out ConfigDump? dump, [NotNullWhen(false)] out string? error)
    {
        dump = null;
        if (!TryReadOptional(options, ConfigKey, LongestFile, out var file, out error))
        {
            return false;
        }

        if (!ConfigDump.TryParse(file, out dump, out error))
        {
            error = $"{ConfigKey}={options.Values[ConfigKey]}: {error}";
            return false;
        }

        var type = dump.Config[PCI_HEADER_TYPE] & PCI_HEADER_TYPE_MASK;
        error = (dump.Config[0] & dump.Config[1]) == 0xff
            ? "its vendor is ffff: nothing answered when it was taken. Wake the card up, and take it again."
            : type != PCI_HEADER_TYPE_NORMAL
                ? $"it is a bridge (header type {type}): a replica can be made of an endpoint only."
                : null;
        if (error is not null)
        {
            error = $"{ConfigKey}={options.Values[ConfigKey]}: {error}";
            return false;
        }

        return true;
    }

    /// <summary>Sizes come from barN=, from resource=, and from the dump's own text, in this order.</summary>
    private static bool TryReadSizes(
        DeviceOptions options, ConfigDump dump, out ulong[] sizes, out ulong romSize, [NotNullWhen(false)] out string? error)
    {
        sizes = [.. dump.BarSizes];
        romSize = dump.RomSize;
        if (!TryReadResource(options, dump, sizes, ref romSize, out error))
        {
            return false;
        }

        var face = new ReplicaFace(dump.Config);
        for (var i = 0; i < BarCount; i++)
        {
            if (!TryReadSize(options, face, i, sizes, out error))
            {
                return false;
            }

            if (face.KindOf(i).HasFlag(PciBarKind.Memory64) && i < BarCount - 1)
            {
                sizes[++i] = 0;
            }
        }

        return true;
    }

    private static bool TryReadSize(
        DeviceOptions options, ReplicaFace face, int index, ulong[] sizes, [NotNullWhen(false)] out string? error)
    {
        var key = $"bar{index}";
        if (options.Values.TryGetValue(key, out var text) && !ConfigDump.TryParseSize(text, out sizes[index]))
        {
            error = $"{key}={text}: a size is needed, such as 4096, 0x4000, 16K or 1M; 0 for no BAR.";
            return false;
        }

        var kind = face.KindOf(index);
        var isIo = kind.HasFlag(PciBarKind.Io);
        var is64 = kind.HasFlag(PciBarKind.Memory64);
        var size = sizes[index];
        var isThere = face.Config.AsSpan(0x10 + (4 * index), 4).ContainsAnyExcept((byte)0);
        var largest = isIo ? LargestIo : is64 ? Largest64 : Largest32;
        error = size == 0 && isThere && text is null && !options.Values.ContainsKey(ResourceKey)
            ? $"BAR{index} is there, but a dump does not tell its size: give resource=FILE (a copy of sysfs' resource, beside config), or "
                + $"{key}=SIZE, or a dump made with 'lspci -vv -xxxx'."
            : size == 0
                ? null
                : !BitOperations.IsPow2(size) || size < (isIo ? 4UL : 16UL) || size > largest
                    ? $"BAR{index} cannot have 0x{size:x} bytes: a power of two from {(isIo ? 4 : 16)} to 0x{largest:x} is needed for "
                        + $"{(isIo ? "I/O" : is64 ? "64-bit memory" : "32-bit memory")}."
                    : is64 && index == BarCount - 1
                        ? "BAR5 is the lower half of a 64-bit one, but there is no BAR6 for the upper: the dump is damaged. Take it again."
                        : null;
        return error is null;
    }

    private static bool TryReadResource(
        DeviceOptions options, ConfigDump dump, ulong[] sizes, ref ulong romSize, [NotNullWhen(false)] out string? error)
    {
        if (!TryReadOptional(options, ResourceKey, LongestFile, out var file, out error) || file is null)
        {
            return error is null;
        }

        if (!ResourceTable.TryParse(file, out var table, out error))
        {
            error = $"{ResourceKey}={options.Values[ResourceKey]}: {error}";
            return false;
        }

        var face = new ReplicaFace(dump.Config);
        for (var i = 0; i < BarCount; i++)
        {
            sizes[i] = table.Sizes[i];
            if (sizes[i] != 0 && table.IsIo[i] != face.KindOf(i).HasFlag(PciBarKind.Io))
            {
                error = $"BAR{i} is {(table.IsIo[i] ? "I/O" : "memory")} in resource={options.Values[ResourceKey]} and "
                    + $"{(table.IsIo[i] ? "memory" : "I/O")} in the dump: the two are of different cards.";
                return false;
            }
        }

        romSize = table.Sizes[ResourceTable.RomIndex];
        return true;
    }
}
