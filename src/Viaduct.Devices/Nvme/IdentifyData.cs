using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Viaduct.Devices.Nvme;

/// <summary>Lays out what Identify answers; pages are 4096 bytes of zeroes (NVMe base 2.0, 5.17.2; NVM command set 1.0, 4.1.5).</summary>
internal static class IdentifyData
{
    /// <summary>CNTLID.</summary>
    public const ushort ControllerId = 1;

    /// <summary>Log2 of the largest transfer in pages of 4 KiB: 1 MiB.</summary>
    public const byte LargestTransfer = 8;

    // ONCS: compare, dataset management, write zeroes, save and select of features, timestamp, verify.
    private const ushort OptionalNvmCommands = 0x00dd;

    // OACS: Format NVM, Doorbell Buffer Config.
    private const ushort OptionalAdminCommands = 0x0102;

    // SGLS: for all NVM commands, byte aligned; bit buckets; longer than the transfer.
    private const uint SglSupport = 0x0005_0001;

    // Deallocated blocks read as zeroes; Write Zeroes can deallocate.
    private const byte DeallocatedBlocks = 0x09;
    private const byte WriteProtected = 1;
    private const byte UuidType = 3;
    private const byte CommandSetType = 4;
    private const int UuidLength = 16;

    public static void WriteController(Span<byte> page, NvmeOptions options, ReadOnlySpan<NvmeNamespace> namespaces)
    {
        Put16(page, 0, NvmeFunction.VendorId);
        Put16(page, 2, NvmeFunction.VendorId);
        PutText(page.Slice(4, 20), options.Serial);
        PutText(page.Slice(24, 40), "Viaduct NVMe Controller");
        PutText(page.Slice(64, 8), "1.0");
        page[72] = 3; // RAB: 8 commands
        page[77] = LargestTransfer;
        Put16(page, 78, ControllerId);
        Put32(page, 80, 0x0002_0000); // VER
        Put32(page, 92, 1 << 8); // OAES: namespace attribute notices
        page[111] = 1; // CNTRLTYPE: I/O controller
        Put16(page, 256, OptionalAdminCommands);
        page[258] = 3; // ACL
        page[259] = NvmeController.MostEventRequests - 1; // AERL
        page[260] = 0x03; // FRMW: one slot, read only
        page[261] = 0x26; // LPA: command effects, extended data, supported log pages
        page[262] = ErrorLog.Entries - 1; // ELPE
        Put16(page, 266, NvmeFeatures.DefaultOverTemperature); // WCTEMP
        Put16(page, 268, NvmeFeatures.DefaultOverTemperature + 30); // CCTEMP
        WriteQueueing(page, namespaces);
        Encoding.ASCII.GetBytes(SubsystemName(options), page.Slice(768, 256));
        Put16(page, 2048, 2500); // PSD0.MP: 25 W
    }

    public static void WriteNvmController(Span<byte> page)
    {
        page[0] = LargestTransfer; // VSL
        page[3] = 255; // DMRL: ranges of a Dataset Management, as many as there can be
    }

    public static void WriteNamespace(Span<byte> page, NvmeNamespace ns)
    {
        Put64(page, 0, ns.Blocks); // NSZE
        Put64(page, 8, ns.Blocks); // NCAP
        Put64(page, 16, ns.Blocks); // NUSE
        page[25] = NvmeNamespace.Formats - 1; // NLBAF
        page[26] = (byte)ns.Format; // FLBAS
        page[33] = DeallocatedBlocks;
        Put64(page, 48, ns.Storage.Length); // NVMCAP
        page[99] = ns.Storage.IsReadOnly ? WriteProtected : (byte)0;
        for (var format = 0; format < NvmeNamespace.Formats; format++)
        {
            Put32(page, 128 + (4 * format), (uint)NvmeNamespace.ShiftOf(format) << 16);
        }
    }

    public static void WriteIndependent(Span<byte> page, NvmeNamespace ns)
    {
        page[8] = ns.Storage.IsReadOnly ? WriteProtected : (byte)0;
        page[14] = 1; // NSTAT: ready
    }

    public static void WriteDescriptors(Span<byte> page, NvmeOptions options, NvmeNamespace ns)
    {
        page[0] = UuidType;
        page[1] = UuidLength;
        WriteUuid(page.Slice(4, UuidLength), $"{options.Serial}/{ns.Id}");
        page[20] = CommandSetType;
        page[21] = 1;
    }

    private static void WriteQueueing(Span<byte> page, ReadOnlySpan<NvmeNamespace> namespaces)
    {
        var hasCache = false;
        foreach (var ns in namespaces)
        {
            hasCache |= ns.Storage is { IsSlow: true, IsReadOnly: false };
        }

        page[512] = 0x66; // SQES
        page[513] = 0x44; // CQES
        Put32(page, 516, (uint)namespaces.Length); // NN
        Put16(page, 520, OptionalNvmCommands);
        page[525] = (byte)(0x06 | (hasCache ? 1 : 0)); // VWC: a flush may name all namespaces
        Put32(page, 536, SglSupport);
    }

    private static string SubsystemName(NvmeOptions options)
    {
        Span<byte> uuid = stackalloc byte[UuidLength];
        WriteUuid(uuid, options.Serial);
        return $"nqn.2014-08.org.nvmexpress:uuid:{new Guid(uuid, bigEndian: true)}";
    }

    /// <summary>A UUID of version 8 (RFC 9562) that a name always has.</summary>
    private static void WriteUuid(Span<byte> uuid, string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.ASCII.GetBytes("viaduct nvme " + name), hash);
        hash[..UuidLength].CopyTo(uuid);
        uuid[6] = (byte)((uuid[6] & 0x0f) | 0x80);
        uuid[8] = (byte)((uuid[8] & 0x3f) | 0x80);
    }

    private static void PutText(Span<byte> field, string text)
    {
        field.Fill((byte)' ');
        Encoding.ASCII.GetBytes(text, field);
    }

    private static void Put16(Span<byte> page, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(page[at..], value);

    private static void Put32(Span<byte> page, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(page[at..], value);

    private static void Put64(Span<byte> page, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(page[at..], value);
}
