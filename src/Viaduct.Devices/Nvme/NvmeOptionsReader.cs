using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Viaduct.Abi;
using Viaduct.Devices.Catalog;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Replica;

namespace Viaduct.Devices.Nvme;

/// <summary>Reads what a user said of a controller, and opens what holds its bytes.</summary>
internal static class NvmeOptionsReader
{
    public const string FileKey = "file";
    public const string SizeKey = "size";
    public const string NamespacesKey = "namespaces";
    public const string BlockKey = "block";
    public const string ReadOnlyKey = "readonly";
    public const string IncomingKey = "incoming";
    public const string SerialKey = "serial";
    public const string QueuesKey = "queues";

    /// <summary>In a file's name: the namespace's number.</summary>
    private const string NumberMark = "%n";
    private const ulong DefaultSize = 1 << 30;

    // What pwrite(2) and fallocate(2) can address.
    private const ulong LargestFile = 1UL << 62;

    /// <summary>Opens everything, or nothing.</summary>
    /// <param name="options">The keys.</param>
    /// <param name="read">What the controller is.</param>
    /// <param name="storage">The bytes of its namespaces.</param>
    /// <param name="error">What is wrong, and what would be right.</param>
    public static bool TryRead(
        DeviceOptions options,
        [NotNullWhen(true)] out NvmeOptions? read,
        out List<NvmeStorage> storage,
        [NotNullWhen(false)] out string? error)
    {
        read = null;
        storage = [];
        var queues = (ulong)NvmeRegisters.MostQueues;
        var namespaces = 1UL;
        if (!options.TryGetNumber(QueuesKey, 1, NvmeRegisters.MostQueues, ref queues, out error)
            || !options.TryGetNumber(NamespacesKey, 1, NvmeFunction.MostNamespaces, ref namespaces, out error)
            || !TryGetBlock(options, out var block, out error)
            || !TryGetSwitch(options, ReadOnlyKey, out var isReadOnly, out error)
            || !TryGetSwitch(options, IncomingKey, out var isIncoming, out error)
            || !TryGetSize(options, out var size, out error)
            || !TryGetSerial(options, out var serial, out error)
            || !TryOpenAll(options, (int)namespaces, size, isReadOnly, isIncoming, storage, out error))
        {
            error ??= "";
            return false;
        }

        read = new NvmeOptions { Queues = (int)queues, Serial = serial, BlockSize = block };
        error = null;
        return true;
    }

    private static bool TryGetBlock(DeviceOptions options, out int block, out string? error)
    {
        var text = options.Values.GetValueOrDefault(BlockKey, "512");
        block = text == "512" ? NvmeNamespace.SmallestBlock : NvmeNamespace.LargestBlock;
        error = text is "512" or "4096" ? null : $"{BlockKey}={text}: 512 or 4096 is needed.";
        return error is null;
    }

    private static bool TryGetSwitch(DeviceOptions options, string key, out bool isOn, out string? error)
    {
        var text = options.Values.GetValueOrDefault(key, "off");
        isOn = text == "on";
        error = text is not ("on" or "off") ? $"{key}={text}: on or off is needed."
            : isOn && !options.Values.ContainsKey(FileKey) ? $"{key}=on needs a {FileKey}." : null;
        return error is null;
    }

    private static bool TryGetSize(DeviceOptions options, out ulong? size, out string? error)
    {
        size = null;
        error = null;
        if (!options.Values.TryGetValue(SizeKey, out var text))
        {
            return true;
        }

        var largest = options.Values.ContainsKey(FileKey) ? LargestFile : RamStorage.LargestLength;
        if (ConfigDump.TryParseSize(text, out var bytes) && bytes > 0 && bytes % NvmeNamespace.LargestBlock == 0 && bytes <= largest)
        {
            size = bytes;
            return true;
        }

        error = $"{SizeKey}={text}: bytes, a multiple of 4096, such as 512M or 1G, are needed.";
        return false;
    }

    /// <summary>Two disks of one host may not have the same: a file's name makes one that is the same tomorrow, and memory is a new disk each
    /// time.</summary>
    private static bool TryGetSerial(DeviceOptions options, out string serial, out string? error)
    {
        error = null;
        if (options.Values.TryGetValue(SerialKey, out var text))
        {
            serial = text;
            error = text.Length is > 0 and <= NvmeOptions.LongestSerial && text.All(c => c is > ' ' and <= '~')
                ? null
                : $"{SerialKey}={text}: 1 to {NvmeOptions.LongestSerial} printable characters without blanks are needed.";
            return error is null;
        }

        Span<byte> seed = stackalloc byte[SHA256.HashSizeInBytes];
        if (options.Values.TryGetValue(FileKey, out var file) && file.Length > 0)
        {
            SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(file)), seed);
        }
        else
        {
            RandomNumberGenerator.Fill(seed);
        }

        serial = "VD" + Convert.ToHexString(seed[..8]);
        return true;
    }

    private static bool TryOpenAll(
        DeviceOptions options, int count, ulong? size, bool isReadOnly, bool isIncoming, List<NvmeStorage> storage, out string? error)
    {
        error = null;
        options.Values.TryGetValue(FileKey, out var name);
        if (name is not null && count > 1 && !name.Contains(NumberMark, StringComparison.Ordinal))
        {
            error = $"{FileKey}={name}: with {NamespacesKey}={count} the name needs a {NumberMark}, which becomes 1 to {count}.";
            return false;
        }

        for (var i = 1; i <= count; i++)
        {
            NvmeStorage? opened = name is null
                ? new RamStorage(size ?? DefaultSize)
                : Open(name.Replace(NumberMark, $"{i}", StringComparison.Ordinal), size, isReadOnly, isIncoming, out error);
            if (opened is null)
            {
                storage.ForEach(other => other.Dispose());
                storage.Clear();
                return false;
            }

            storage.Add(opened);
        }

        return true;
    }

    private static FileStorage? Open(string path, ulong? size, bool isReadOnly, bool isIncoming, out string? error)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            error = $"{FileKey}={path}: the name of a file is needed.";
            return null;
        }

        FileStorage? storage;
        var result = isIncoming ? FileStorage.OpenForLater(path, isReadOnly, out storage) : FileStorage.Open(path, isReadOnly, out storage);
        if (result.Errno == Errno.ENOENT && size is { } bytes && !isReadOnly && !isIncoming)
        {
            result = FileStorage.Create(path, bytes, out storage);
        }

        if (storage is not null && size is { } wanted && storage.Length != wanted)
        {
            error = $"{FileKey}={path}: it is there already, with {storage.Length} bytes; leave {SizeKey} away.";
            storage.Dispose();
            return null;
        }

        error = storage is not null ? null : $"{FileKey}={path}: " + result.Errno switch
        {
            Errno.ENOENT when !isReadOnly && !isIncoming => $"there is no such file; {SizeKey}=1G makes one.",
            Errno.EAGAIN => "another controller, or another program, has it open; one at a time can write.",
            Errno.EINVAL => "it holds less than 4096 bytes.",
            _ => $"it cannot be opened ({result.Errno}).",
        };
        return storage;
    }
}
