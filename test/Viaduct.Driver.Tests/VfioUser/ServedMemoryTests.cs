using Viaduct.Iommu;
using Viaduct.Linux.Sockets;
using Viaduct.Pci;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.VfioPci;
using Viaduct.VfioUser.Server;

namespace Viaduct.Driver.Tests.VfioUser;

/// <summary>BARs that are memory, from the model to the driver: one memory, in both.</summary>
public sealed class ServedMemoryTests
{
    [Fact]
    public void Bar_OfWholeMemory_IsMappedAndTheModelsOwn()
    {
        using var served = Serve(out var function, mapRegions: true, out var device);
        using var bar = device.MapBar(2);
        Assert.True(bar.IsMapped);
        bar.Write64(0x1ff8, 0x1122334455667788);
        Assert.Equal(0x1122334455667788UL, function.Whole.Read(0x1ff8, 8));
        function.Whole.GetSpan(0x1000, 4).Fill(0x5a);
        Assert.Equal(0x5a5a5a5au, bar.Read32(0x1000));
        Assert.Equal(0, function.Accesses);
        device.Dispose();
    }

    [Fact]
    public void Bar_OfParts_IsMemoryThereAndMessagesElsewhere()
    {
        using var served = Serve(out var function, mapRegions: true, out var device);
        using var bar = device.MapBar(0);
        Assert.False(bar.IsMapped);
        bar.Write32(0x1000, 1);
        bar.Write32(0x2ffc, 2);
        Assert.Equal(0, function.Accesses);
        bar.Write32(0x0ffc, 3);
        bar.Write32(0x3000, 4);
        Assert.Equal(2, function.Accesses);
        Assert.Equal((1UL, 2UL), (function.Parts.Read(0x1000, 4), function.Parts.Read(0x2ffc, 4)));
        Assert.Equal((0UL, 0UL), (function.Parts.Read(0x0ffc, 4), function.Parts.Read(0x3000, 4)));
        device.Dispose();
    }

    [Fact]
    public void Bar_ByMessages_ReachesTheSameBytes()
    {
        using var served = Serve(out var function, mapRegions: false, out var device);
        using var bar = device.MapBar(2);
        Assert.False(bar.IsMapped);
        bar.Write32(0x10, 0xabcd);
        Assert.Equal(0xabcdUL, function.Whole.Read(0x10, 4));
        function.Whole.Write(0x10, 4, 0x1234);
        Assert.Equal(0x1234u, bar.Read32(0x10));
        Assert.Equal(0, function.Accesses);
        device.Dispose();
    }

    private static VfioUserServer Serve(out MemoryFunction function, bool mapRegions, out PciDevice device)
    {
        var group = new IommuGroup(1, new IommuUnit
        {
            ApertureLast = ulong.MaxValue,
            PageSizes = 0x1000,
            ReservedRegions = [],
            EnforcesCacheCoherency = true,
        });
        function = new MemoryFunction(new PciServices { Dma = new DmaPort(group), Executor = new DeviceThread("memory", _ => { }) });
        var vfio = new VfioPciDevice(new Viaduct.Pci.PciDevice(function, new Viaduct.Pci.PciAddress(0, 1, 0, 0), group, new PciHostBridge()))
        {
            DecodesAlways = true,
        };
        Assert.False(UnixSocket.CreatePair(out var ours, out var theirs).IsError);
        var server = new VfioUserServer(vfio, ours!);
        server.Start();
        device = VfioUserDevice.Open(theirs!, "memory", new VfioUserOptions { MapRegions = mapRegions });
        return server;
    }

    private sealed class MemoryFunction : PciFunction, IRegisterSpace
    {
        private int _accesses;

        public MemoryFunction(PciServices services)
            : base(new PciIdentity { VendorId = 0x1af4, DeviceId = 0x10fe, ClassCode = 0x120000 }, services)
        {
            AddBar(new PciBar(0, PciBarKind.Memory32, 0x4000, this) { Memory = Parts });
            AddBar(new PciBar(2, PciBarKind.Memory32, 0x2000, this) { Memory = Whole });
        }

        public PciBarMemory Parts { get; } = new(0x4000, new PciBarArea(0x1000, 0x2000));

        public PciBarMemory Whole { get; } = new(0x2000);

        /// <summary>Of registers.</summary>
        public int Accesses => Volatile.Read(ref _accesses);

        public ulong Read(ulong offset, int width) => (ulong)Interlocked.Increment(ref _accesses);

        public void Write(ulong offset, int width, ulong value) => Interlocked.Increment(ref _accesses);

        protected override void OnReset(PciResetKind kind)
        {
        }
    }
}
