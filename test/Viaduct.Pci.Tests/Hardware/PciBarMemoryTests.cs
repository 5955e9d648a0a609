using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.Hardware;

public sealed class PciBarMemoryTests
{
    [Fact]
    public void Accesses_OfAllWidths_AreLittleEndianBytesInPlace()
    {
        var memory = new PciBarMemory(0x2000);
        memory.Write(0x1000, 8, 0x8877665544332211);
        Assert.Equal([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88], memory.GetSpan(0x1000, 8).ToArray());
        Assert.Equal((0x22UL, 0x4433UL, 0x88776655UL), (memory.Read(0x1001, 1), memory.Read(0x1002, 2), memory.Read(0x1004, 4)));
        memory.Write(0x1000, 1, 0xfff0);
        memory.Write(0x1002, 2, 0xfff1111);
        memory.Write(0x1004, 4, 0xf22222222);
        Assert.Equal(0x22222222111122f0UL, memory.Read(0x1000, 8));
        memory.Clear();
        Assert.Equal(0UL, memory.Read(0x1000, 8));
        memory.Write(0x1000, 8, 1);
        Assert.Equal(1UL, memory.Read(0x1000, 8));
    }

    [Fact]
    public void Contains_IsTrueInsideOneAreaOnly()
    {
        var memory = new PciBarMemory(0x8000, new PciBarArea(0x1000, 0x1000), new PciBarArea(0x3000, 0x5000));
        Assert.True(memory.Contains(0x1000, 0x1000));
        Assert.True(memory.Contains(0x7fff, 1));
        Assert.False(memory.Contains(0x1000, 0x1001));
        Assert.False(memory.Contains(0xfff, 1));
        Assert.False(memory.Contains(0x2000, 1));
        Assert.False(memory.Contains(0x8000, 1));
        Assert.False(memory.Contains(ulong.MaxValue, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.GetSpan(0x1ffc, 8).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.GetSpan(0x1000, -1).Length);
    }

    [Theory]
    [InlineData(0x800UL, 0UL, 0x800UL)]
    [InlineData(0x3000UL, 0UL, 0x1000UL)]
    [InlineData(1UL << 41, 0UL, 0x1000UL)]
    [InlineData(0x2000UL, 0UL, 0x800UL)]
    [InlineData(0x2000UL, 0x800UL, 0x1000UL)]
    [InlineData(0x2000UL, 0UL, 0UL)]
    [InlineData(0x2000UL, 0x1000UL, 0x2000UL)]
    [InlineData(0x2000UL, 0x2000UL, 0x1000UL)]
    [InlineData(0x2000UL, 0x1000UL, ulong.MaxValue - 0xfff)]
    public void New_OfImpossibleAreas_IsRefused(ulong size, ulong offset, ulong length)
        => Assert.Throws<ArgumentException>(() => new PciBarMemory(size, new PciBarArea(offset, length)));

    [Fact]
    public void New_OfAreasOutOfOrder_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new PciBarMemory(0x4000, new PciBarArea(0x2000, 0x1000), new PciBarArea(0, 0x1000)));
        Assert.Throws<ArgumentException>(() => new PciBarMemory(0x4000, new PciBarArea(0, 0x2000), new PciBarArea(0x1000, 0x1000)));
    }

    [Fact]
    public void New_OfATebibyte_CostsNothingUntilItIsStored()
    {
        if (PciBarMemory.TryCreate(1UL << 40, out var memory))
        {
            memory.Write((1UL << 40) - 8, 8, 5);
            Assert.Equal(5UL, memory.Read((1UL << 40) - 8, 8));
        }
    }

    [Fact]
    public void Bar_WithMemory_AnswersFromItWhereItIs()
    {
        var registers = new RamRegisters(0x4000);
        var memory = new PciBarMemory(0x4000, new PciBarArea(0x1000, 0x2000));
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new PciBar(0, PciBarKind.Memory32, 0x4000, registers) { Memory = memory });
        function.Add(new MsixCapability(1, 0, 0x2000, 0, 0x2800));
        function.WriteBar(0, 0x800, 4, 1);
        function.WriteBar(0, 0x1ffe, 4, 0x22221111); // across, into the table
        function.WriteBar(0, 0x3000, 8, 3);
        Assert.Equal((1UL, 0UL), (registers.Read(0x800, 4), memory.Read(0x800, 4)));
        Assert.Equal((0UL, 0x1111UL), (registers.Read(0x1ffe, 2), memory.Read(0x1ffe, 2)));
        Assert.Equal((0UL, 0UL), (registers.Read(0x2000, 2), memory.Read(0x2000, 2)));
        Assert.Equal((3UL, 0UL), (registers.Read(0x3000, 8), memory.Read(0x3000, 8)));
        memory.Write(0x1234, 1, 0x77);
        Assert.Equal(0x77UL, function.ReadBar(0, 0x1234, 1));
        Assert.Equal(0x2220UL, function.ReadBar(0, 0x2000, 2));
    }

    [Fact]
    public void AddBar_WithMemoryThatDoesNotFit_IsRefused()
    {
        var memory = new PciBarMemory(0x1000);
        var function = new TestFunction(TestFunction.EduIdentity);
        var registers = new RamRegisters(0x2000);
        Assert.Throws<ArgumentException>(() => function.Add(new PciBar(0, PciBarKind.Memory32, 0x2000, registers) { Memory = memory }));
        Assert.Throws<ArgumentException>(() => function.Add(new PciBar(0, PciBarKind.Io, 0x1000, registers) { Memory = memory }));
    }

    [Fact]
    public void GetRegionInfo_OfAProgram_DoesNotTellOfMemory()
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        var memory = new PciBarMemory(0x4000, new PciBarArea(0x1000, 0x1000));
        function.Add(new PciBar(0, PciBarKind.Memory32, 0x4000, new RamRegisters(0x4000)) { Memory = memory });
        using var client = new Client(function);
        Assert.Equal(SysResult.Success, client.Ioctl(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, 32, 0, 0, 9));
        Assert.Equal([32, 0, 0, 0, 7], client.ArgumentBytes[..5].ToArray());
        Assert.Null(client.Device.GetRegionMemory(1));
        Assert.Null(client.Device.GetRegionMemory(uint.MaxValue));
        var area = Assert.Single(client.Device.GetRegionMemory(0)!.Areas);
        Assert.Equal((0x1000UL, 0x1000UL), (area.Offset, area.Size));
    }

    [Fact]
    public void GetRegionMemory_OfNothingButMsixPages_IsNone()
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        function.Add(new PciBar(0, PciBarKind.Memory32, 0x2000, new RamRegisters(0x2000)) { Memory = new PciBarMemory(0x2000) });
        function.Add(new MsixCapability(1, 0, 0xff8, 0, 0x1ff8));
        using var client = new Client(function);
        Assert.Null(client.Device.GetRegionMemory(0));
    }

    [Theory]
    [InlineData(0x10UL, 3, null)]
    [InlineData(0x11UL, 2, null)]
    [InlineData(0x12UL, 0, null)]
    [InlineData(0x1000UL, 4, null)]
    [InlineData(0x10UL, 0, 1UL)]
    [InlineData(0x10UL, 2, 0x10000UL)]
    [InlineData(0x2000UL, 1, null)]
    public void AddBar_WithAnImpossibleDoorbell_IsRefused(ulong offset, int size, ulong? match)
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        Assert.Throws<ArgumentException>(() => function.Add(new PciBar(0, PciBarKind.Memory32, 0x2000, new RamRegisters(0x2000))
        {
            Memory = new PciBarMemory(0x2000, new PciBarArea(0x1000, 0x1000)),
            Doorbells = [new PciBarDoorbell(offset, size, match)],
        }));
    }

    [Fact]
    public void AddBar_WithTheSameDoorbellTwice_IsRefused()
    {
        var function = new TestFunction(TestFunction.EduIdentity);
        Assert.Throws<ArgumentException>(() => function.Add(new PciBar(0, PciBarKind.Memory32, 0x2000, new RamRegisters(0x2000))
        {
            Doorbells = [new PciBarDoorbell(0x10, 4, 0), new PciBarDoorbell(0x10, 0)],
        }));
    }
}
