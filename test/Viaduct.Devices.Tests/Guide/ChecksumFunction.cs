using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Guide;

/// <summary>Adds up the bytes of a page of memory, and interrupts.</summary>
internal sealed class ChecksumFunction : DeviceFunction
{
    private static readonly RegisterSpec s_address = new("ADDRESS", 0x00, 64, "Of the page");
    private static readonly RegisterSpec s_start = new("START", 0x08, 32, "Any write starts") { Access = FieldAccess.WriteOnly };
    private static readonly RegisterSpec s_sum = new("SUM", 0x0c, 32, "The sum; all ones where the page could not be read")
    {
        Access = FieldAccess.ReadOnly,
    };

    private readonly byte[] _page = new byte[4096];
    private readonly Action _add;

    public ChecksumFunction(PciServices services)
        : base("checksum", Ids, services, new RegisterBlock([s_address, s_start, s_sum]))
    {
        _add = Add;
        Registers[s_start].OnWrite((in RegisterWrite write) => Executor.Post(_add));
        AddBar(new PciBar(0, PciBarKind.Memory32, 4096, Registers));
        AddCapability(new MsiCapability(1));
    }

    private static PciIdentity Ids => new() { VendorId = 0x1af4, DeviceId = 0x10ff, ClassCode = 0x120000, InterruptPin = 1 };

    protected override void OnReset(PciResetKind kind) => Registers.Reset();

    private void Add()
    {
        ulong address;
        lock (Gate)
        {
            address = Registers[s_address].Value;
        }

        var result = Dma.Read(address, _page);
        var sum = result.IsOk ? (uint)_page.Sum(value => value) : uint.MaxValue;
        lock (Gate)
        {
            Registers[s_sum].Value = sum;
            if (!SendMessage(0))
            {
                SetIntx(asserted: true);
            }
        }
    }
}
