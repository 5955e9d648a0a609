using System.Diagnostics.CodeAnalysis;
using Viaduct.Devices;
using Viaduct.Devices.Catalog;
using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;

namespace HelloDevice;

/// <summary>Adds up the bytes of a page of memory, and interrupts.</summary>
public sealed class ChecksumFunction : DeviceFunction
{
    private static readonly RegisterSpec s_address = new("ADDRESS", 0x00, 64, "Of the page");
    private static readonly RegisterSpec s_start = new("START", 0x08, 32, "Any write starts") { Access = FieldAccess.WriteOnly };
    private static readonly RegisterSpec s_sum = new("SUM", 0x0c, 32, "The sum; all ones where the page could not be read")
    {
        Access = FieldAccess.ReadOnly,
    };

    private readonly byte[] _page = new byte[4096];
    private readonly Action _add;
    private readonly uint _seed;

    public ChecksumFunction(PciServices services, uint seed = 0)
        : base("checksum", Ids, services, new RegisterBlock(Model.Registers))
    {
        _seed = seed;
        _add = Add;
        Registers[s_start].OnWrite((in RegisterWrite write) => Executor.Post(_add));
        AddBar(new PciBar(0, PciBarKind.Memory32, 4096, Registers));
        AddCapability(new MsiCapability(1));
    }

    /// <summary>What the command line finds: the name, the keys, and how to make one.</summary>
    public static DeviceModel Model { get; } = new(Create)
    {
        Name = "checksum",
        Summary = "Adds up the bytes of a page",
        PciId = "1af4:10ff",
        Keys = [new DeviceKey("seed", "0-1000", "0", "What the sum begins with")],
        Registers = [s_address, s_start, s_sum],
    };

    private static PciIdentity Ids => new() { VendorId = 0x1af4, DeviceId = 0x10ff, ClassCode = 0x120000, InterruptPin = 1 };

    protected override void OnReset(PciResetKind kind) => Registers.Reset();

    private static bool Create(
        DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error)
    {
        var seed = 0UL;
        function = options.TryGetNumber("seed", 0, 1000, ref seed, out error) ? new ChecksumFunction(services, (uint)seed) : null;
        return function is not null;
    }

    private void Add()
    {
        ulong address;
        lock (Gate)
        {
            address = Registers[s_address].Value;
        }

        var result = Dma.Read(address, _page);
        lock (Gate)
        {
            Registers[s_sum].Value = result.IsOk ? _seed + (uint)_page.Sum(value => value) : uint.MaxValue;
            if (!SendMessage(0))
            {
                SetIntx(asserted: true);
            }
        }
    }
}
