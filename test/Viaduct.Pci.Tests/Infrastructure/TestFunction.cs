using Viaduct.Iommu;
using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.Tests.Infrastructure;

/// <summary>A chip that a test puts together.</summary>
internal sealed class TestFunction : PciFunction
{
    public TestFunction(PciIdentity identity, IommuGroup? group = null)
        : base(identity, new PciServices { Dma = new DmaPort(group ?? NewGroup()), Executor = new InlineExecutor() })
    {
        InterruptReceiver = Receiver;
    }

    private TestFunction(PciIdentity identity, PciServices services)
        : base(identity, services, isVirtual: true)
    {
    }

    public RecordingReceiver Receiver { get; } = new();

    public List<PciResetKind> Resets { get; } = [];

    public static PciIdentity EduIdentity { get; } = new()
    {
        VendorId = 0x1234,
        DeviceId = 0x11e8,
        Revision = 0x10,
        ClassCode = 0x00ff00,
        SubsystemVendorId = 0x1af4,
        SubsystemId = 0x1100,
        InterruptPin = 1,
    };

    /// <summary>The shape of QEMU's edu: a 1 MiB BAR, INTA, MSI; configuration space behind it is memory.</summary>
    public static TestFunction Edu(IRegisterSpace? registers = null, IommuGroup? group = null)
    {
        var function = new TestFunction(EduIdentity, group);
        function.Add(new PciBar(0, PciBarKind.Memory32, 1 << 20, registers ?? new RamRegisters(1 << 20)));
        function.Add(new MsiCapability(1));
        function.Config.DeclareScratch(0x4e, 0x100 - 0x4e);
        return function;
    }

    /// <summary>A PCI Express function with PM, MSI, MSI-X and extended capabilities.</summary>
    public static TestFunction Express(
        bool flr = true, bool noSoftReset = true, IRegisterSpace? registers = null, IommuGroup? group = null)
    {
        var function = new TestFunction(EduIdentity with { VendorId = 0x8086, DeviceId = 0x2021 }, group);
        function.Add(new PciBar(0, PciBarKind.Memory64, 1 << 14, registers ?? new RamRegisters(1 << 14)));
        function.Add(new PciBar(2, PciBarKind.Io, 32, new RamRegisters(32)));
        function.Add(new PowerManagementCapability(noSoftReset));
        function.Add(new MsiCapability(4, is64Bit: true, hasMasks: true));
        function.Add(new MsixCapability(5, 0, 0x2000, 0, 0x3000));
        function.Add(new PciExpressCapability(flr));
        return function;
    }

    /// <summary>A function that can have virtual ones, 1234:11ea, each with a BAR of 16 KiB.</summary>
    public static TestFunction WithVirtualFunctions(ushort total, ushort offset, ushort stride)
    {
        var function = Express();
        PciBar?[] bars = [SriovCapability.Bar(0, PciBarKind.Memory64, 1 << 14), null, null, null, null, null];
        var at = function.AddExtendedCapability(SriovCapability.Registers(total, offset, stride, 0x11ea, bars));
        function.SetSriov(new SriovCapability(at, bars, (_, services) =>
        {
            var identity = EduIdentity with { DeviceId = 0x11ea, InterruptPin = 0 };
            var added = new TestFunction(identity, services);
            added.Add(new PciBar(0, PciBarKind.Memory64, 1 << 14, new RamRegisters(1 << 14)));
            added.Add(new PciExpressCapability(hasFunctionLevelReset: true));
            return added;
        }));
        return function;
    }

    public static IommuGroup NewGroup(int id = 7, bool remapsInterrupts = true) => new(id, new IommuUnit
    {
        ApertureLast = (1UL << 39) - 1,
        PageSizes = 0xfffff000,
        ReservedRegions = [],
        RemapsInterrupts = remapsInterrupts,
    });

    public void Add(PciBar bar) => AddBar(bar);

    public T Add<T>(T capability, int offset = 0)
        where T : FunctionCapability
        => AddCapability(capability, offset);

    public void Add(PciExtendedCapability capability) => AddExtendedCapability(capability);

    public void Add(PciRom rom) => AddRom(rom);

    public void Scratch(int offset, int length) => Config.DeclareScratch(offset, length);

    public void Line(bool asserted) => SetIntx(asserted);

    public bool Message(int vector) => SendMessage(vector);

    protected override void OnReset(PciResetKind kind) => Resets.Add(kind);
}
