using System.Buffers.Binary;
using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Iommu;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>A driver of an NVMe controller in straight lines: registers, queues, commands. The test runs the executors.</summary>
internal sealed class NvmeHost
{
    public const ulong AdminSubmissions = Host.MemoryAddress;
    public const ulong AdminCompletions = Host.MemoryAddress + 0x1000;

    /// <summary>Free for data: up to 2 MiB.</summary>
    public const ulong Data = Host.MemoryAddress + 0x10_0000;

    /// <summary>Free for lists.</summary>
    public const ulong Lists = Host.MemoryAddress + 0x8_0000;

    public const int MemorySize = 4 << 20;
    public const uint EnableBits = 0x0046_0001;

    private const ulong Queues = Host.MemoryAddress + 0x1_0000;
    private const int AdminEntries = 32;
    private const int MessageControl = 2;

    private readonly Dictionary<int, NvmeQueue> _queues = [];
    private ushort _nextIdentifier = 1;

    public NvmeHost(params NvmeStorage[] storage)
        : this(new NvmeOptions { Serial = "SERIAL1" }, storage)
    {
    }

    public NvmeHost(NvmeOptions options, params NvmeStorage[] storage)
    {
        Host = new Host(MemorySize);
        Services = Host.Services with { Background = Background };
        Function = Host.Plug(new NvmeFunction(
            Services, options, storage.Length == 0 ? [new RamStorage(64 << 20)] : storage));
    }

    public Host Host { get; }

    public PciServices Services { get; }

    /// <summary>What the controller leaves to the background; a test runs it when it likes.</summary>
    public ManualExecutor Background { get; } = new();

    public NvmeFunction Function { get; set; }

    public NvmeQueue Admin => _queues[0];

    public uint Status => (uint)Function.ReadBar(0, 0x1c, 4);

    public NvmeQueue this[int queue] => _queues[queue];

    /// <summary>Until engine and background have nothing to do.</summary>
    public void Run()
    {
        do
        {
            Host.Executor.RunAll();
            Background.RunOne();
        }
        while (Host.Executor.Waiting + Background.Waiting > 0);
    }

    /// <summary>Only the engine.</summary>
    public void RunEngine() => Host.Executor.RunAll();

    public void EnableMsix()
    {
        var at = Function.Msix!.Offset + MessageControl;
        Function.WriteConfig(at, 2, 0x8000);
        for (var vector = 0UL; vector < (ulong)Function.Msix.Vectors; vector++)
        {
            Function.WriteBar(4, (vector * 16) + 12, 4, 0);
        }
    }

    /// <summary>Admin queue, CC.EN, CSTS.RDY.</summary>
    public void Enable(uint configuration = EnableBits)
    {
        Host.At(AdminSubmissions, 0x2000).Clear();
        _queues.Clear();
        _queues[0] = new NvmeQueue(this, 0, AdminSubmissions, AdminCompletions, AdminEntries);
        Function.WriteBar(0, 0x24, 4, ((AdminEntries - 1) << 16) | (AdminEntries - 1));
        Function.WriteBar(0, 0x28, 8, AdminSubmissions);
        Function.WriteBar(0, 0x30, 8, AdminCompletions);
        Function.WriteBar(0, 0x14, 4, configuration);
        Run();
    }

    public void Disable()
    {
        Function.WriteBar(0, 0x14, 4, 0);
        Run();
    }

    /// <summary>An admin command that completes at once.</summary>
    public NvmeReply Command(byte opcode, uint nsid = 0, ulong prp1 = 0, uint dword10 = 0, uint dword11 = 0, ulong prp2 = 0)
        => Admin.Do(new NvmeEntry(opcode) { Nsid = nsid, Prp1 = prp1, Prp2 = prp2, Dword10 = dword10, Dword11 = dword11 });

    /// <summary>Makes a pair of I/O queues.</summary>
    public NvmeQueue AddQueue(int id = 1, int entries = 16, int vector = -1)
    {
        var at = Queues + ((ulong)id * 0x2000);
        Host.At(at, 0x2000).Clear();
        var queue = new NvmeQueue(this, id, at, at + 0x1000, entries);
        var size = ((uint)(entries - 1) << 16) | (uint)id;
        Assert.Equal(0, Command(0x05, prp1: at + 0x1000, dword10: size, dword11: vector < 0 ? 1 : 3 | ((uint)vector << 16)).Status);
        Assert.Equal(0, Command(0x01, prp1: at, dword10: size, dword11: 1 | ((uint)id << 16)).Status);
        _queues[id] = queue;
        return queue;
    }

    /// <summary>Enabled, with one pair of I/O queues.</summary>
    public NvmeQueue Start()
    {
        Enable();
        return AddQueue();
    }

    public ushort NextIdentifier() => _nextIdentifier++;

    public byte[] Identify(uint structure, uint nsid = 0, uint dword11 = 0)
    {
        Assert.Equal(0, Command(0x06, nsid, Data, structure, dword11).Status);
        return Host.At(Data, 4096).ToArray();
    }

    /// <summary>Other memory than <see cref="Host"/>'s, that the device finds at an address.</summary>
    public void Map(ulong address, int length, DmaAccess access) => Host.Map(address, new FakeMemory(length), access);

    public static ulong Word64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    public static uint Word32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    public static ushort Word16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
