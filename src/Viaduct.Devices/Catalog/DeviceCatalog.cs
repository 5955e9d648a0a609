using System.Diagnostics.CodeAnalysis;
using Viaduct.Devices.Edu;
using Viaduct.Devices.Ioat;
using Viaduct.Devices.Nvme;
using Viaduct.Devices.Replica;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Catalog;

/// <summary>The models of this library.</summary>
public static class DeviceCatalog
{
    private const string DmaMaskKey = "dma_mask";
    private const string TransferCapacityKey = "xfercap";
    private const string VirtualFunctionsKey = "vfs";

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<DeviceModel> All { get; } =
    [
        new DeviceModel(CreateEdu)
        {
            Name = EduFunction.Name,
            Summary = "QEMU's device for teaching: a factorial, interrupts, DMA to 4 KiB of its own",
            PciId = "1234:11e8",
            Keys =
            [
                new DeviceKey(
                    DmaMaskKey, "a 64-bit number", "0xfffffff", "The bits of an address that the device's DMA uses"),
            ],
            Registers = EduRegisters.All,
        },
        new DeviceModel(CreateIoat)
        {
            Name = IoatFunction.Name,
            Summary = "Intel's QuickData DMA engine (I/OAT 3.2): copies and fills memory by chains of descriptors",
            PciId = "8086:2021",
            Keys =
            [
                new DeviceKey(TransferCapacityKey, "10-20", "20", "Log2 of the largest transfer of one descriptor"),
                new DeviceKey(
                    VirtualFunctionsKey,
                    "0-64",
                    "0",
                    "SR-IOV: virtual functions that there can be; 'run --enable-sriov' and sriov_numvfs in sysfs make them"),
            ],
            Registers = IoatRegisters.All,
        },
        new DeviceModel(CreateNvme)
        {
            Name = NvmeFunction.Name,
            Summary = "An NVM Express 2.0 disk: namespaces in memory, or in a file",
            PciId = "1af4:10f0",
            Keys =
            [
                new DeviceKey(NvmeOptionsReader.FileKey, "a file", "memory", "A raw image; made, with holes, where it is not there and size is given"),
                new DeviceKey(NvmeOptionsReader.SizeKey, "512M, 1G, 4096", "1G, or the file's", "Bytes of a namespace"),
                new DeviceKey(
                    NvmeOptionsReader.NamespacesKey, "1-32", "1", "Namespaces of that size each; in a file's name, %n becomes the number"),
                new DeviceKey(NvmeOptionsReader.BlockKey, "512, 4096", "512", "Bytes of a block, until a host formats"),
                new DeviceKey(NvmeOptionsReader.ReadOnlyKey, "on, off", "off", "The file is only read"),
                new DeviceKey(NvmeOptionsReader.IncomingKey, "on, off", "off", "Another server has the file, until its controller has migrated here"),
                new DeviceKey(NvmeOptionsReader.SerialKey, "20 characters", "from the file's name", "Serial number, which names the disk"),
                new DeviceKey(NvmeOptionsReader.QueuesKey, "1-64", "64", "I/O queues"),
            ],
            Registers = NvmeRegisters.All,
        },
        new DeviceModel(CreateReplica)
        {
            Name = ReplicaFunction.Name,
            Summary = "A card that is somewhere else: its configuration space from a dump, its BARs as plain memory",
            PciId = "the dump's",
            Keys =
            [
                new DeviceKey(
                    ReplicaFaceReader.ConfigKey, "a file", "needed", "The text of 'lspci -xxxx -s ADDRESS', or a copy of sysfs' config"),
                new DeviceKey(ReplicaFaceReader.ResourceKey, "a file", "none", "A copy of sysfs' resource, which has the sizes of the BARs"),
                .. Enumerable.Range(0, 6).Select(bar => new DeviceKey(
                    $"bar{bar}", "4096, 0x4000, 16K, 1M", "of resource", $"The size of BAR{bar}; 0 for none")),
                new DeviceKey(
                    ReplicaFaceReader.WritableKey, "a file", "as PCI says", "A dump in which the bits are set that software can write"),
                new DeviceKey(
                    ReplicaFaceReader.VirtualConfigKey, "a file", "none", "SR-IOV: a dump of a virtual function; all are like it"),
                new DeviceKey(
                    ReplicaFaceReader.VirtualWritableKey, "a file", "as PCI says", "The bits of that dump that software can write"),
                new DeviceKey(ReplicaFaceReader.RomKey, "a file", "none", "What the expansion ROM holds"),
                new DeviceKey(ReplicaFaceReader.VpdKey, "a file", "none", "A copy of sysfs' vpd"),
            ],
            Registers = [],
        },
    ];

    /// <summary>The model of a name.</summary>
    /// <param name="name">As the user wrote it.</param>
    /// <param name="model">The model.</param>
    /// <param name="error">A sentence that says what there is, and what was perhaps meant.</param>
    public static bool TryFind(string name, [NotNullWhen(true)] out DeviceModel? model, out string? error)
    {
        model = All.FirstOrDefault(candidate => candidate.Name == name);
        error = null;
        if (model is not null)
        {
            return true;
        }

        var names = All.Select(candidate => candidate.Name).ToList();
        var near = Spelling.Nearest(name, names);
        error = $"There is no device '{name}'{(near is null ? "" : $"; '{near}' perhaps")}: there are {string.Join(", ", names)}.";
        return false;
    }

    private static bool CreateEdu(
        DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error)
    {
        var mask = EduFunction.DefaultDmaMask;
        function = options.TryGetNumber(DmaMaskKey, 0, ulong.MaxValue, ref mask, out error)
            ? new EduFunction(services, mask)
            : null;
        return function is not null;
    }

    private static bool CreateReplica(
        DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error)
    {
        function = ReplicaFaceReader.TryRead(options, out var face, out error) ? new ReplicaFunction(services, face) : null;
        return function is not null;
    }

    private static bool CreateNvme(
        DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error)
    {
        function = NvmeOptionsReader.TryRead(options, out var read, out var storage, out error)
            ? new NvmeFunction(services, read, storage)
            : null;
        return function is not null;
    }

    private static bool CreateIoat(
        DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error)
    {
        ulong capacity = IoatFunction.DefaultTransferCapacity;
        var virtualFunctions = 0UL;
        function = options.TryGetNumber(
            TransferCapacityKey, IoatFunction.LeastTransferCapacity, IoatFunction.DefaultTransferCapacity, ref capacity, out error)
            && options.TryGetNumber(VirtualFunctionsKey, 0, IoatFunction.MostVirtualFunctions, ref virtualFunctions, out error)
            ? new IoatFunction(services, (int)capacity, (int)virtualFunctions)
            : null;
        return function is not null;
    }
}
