using Viaduct.Iommu;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>What is around a device: memory behind an IOMMU, an executor that the test pumps, an interrupt controller.</summary>
internal sealed class Host
{
    /// <summary>Where <see cref="Memory"/> is for the device.</summary>
    public const ulong MemoryAddress = 0x100000;

    private const int CommandOffset = 0x04;
    private const uint MemoryAndBusMaster = 0x6;

    public Host(int memorySize = 1 << 20)
    {
        Memory = new FakeMemory(memorySize);
        Group = new IommuGroup(0, new IommuUnit { ApertureLast = ulong.MaxValue, PageSizes = 4096, ReservedRegions = [] })
        {
            AddressSpace = Space,
        };
        Map(MemoryAddress, Memory, DmaAccess.Read | DmaAccess.Write);
        Services = new PciServices { Dma = new DmaPort(Group), Executor = Executor };
    }

    public FakeMemory Memory { get; }

    public IoAddressSpace Space { get; } = new();

    public IommuGroup Group { get; }

    public ManualExecutor Executor { get; } = new();

    public InterruptRecorder Interrupts { get; } = new();

    public MistakeRecorder Mistakes { get; } = new();

    public PciServices Services { get; }

    public void Map(ulong address, FakeMemory memory, DmaAccess access)
        => Space.Map(address, address + (ulong)memory.Bytes.Length - 1, memory, 0, access);

    /// <summary>Plugs a device in, as firmware leaves it: memory decoded, bus master on.</summary>
    public T Plug<T>(T function)
        where T : DeviceFunction
    {
        function.InterruptReceiver = Interrupts;
        function.ModelObserver = Mistakes;
        function.WriteConfig(CommandOffset, 2, MemoryAndBusMaster);
        return function;
    }

    public Span<byte> At(ulong address, int length) => Memory.Bytes.AsSpan((int)(address - MemoryAddress), length);
}
