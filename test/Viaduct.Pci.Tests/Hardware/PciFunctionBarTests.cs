using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.Hardware;

public sealed class PciFunctionBarTests
{
    [Fact]
    public void UnalignedAccesses_AreCutIntoAlignedOnes()
    {
        var ram = new RamRegisters(1 << 20);
        var edu = TestFunction.Edu(ram);
        edu.WriteBar(0, 3, 8, 0x8877665544332211);
        Assert.Equal([(3UL, 1), (4, 4), (8, 2), (10, 1)], ram.Accesses!);
        Assert.Equal(0x8877665544332211, edu.ReadBar(0, 3, 8));
        Assert.Equal(0x44332211u, edu.ReadBar(0, 3, 4));
    }

    [Fact]
    public void BehindTheEnd_ReadsOnes()
    {
        var edu = TestFunction.Edu();
        Assert.Equal(0xffffffffu, edu.ReadBar(0, 1 << 20, 4));
        Assert.Equal(0xffu, edu.ReadBar(3, 0, 1));
        edu.WriteBar(0, 1 << 20, 4, 1);
    }

    [Fact]
    public void MsixTable_IsAnsweredByTheFunction()
    {
        var ram = new RamRegisters(1 << 14);
        var function = TestFunction.Express(registers: ram);
        function.WriteBar(0, 0x2010, 8, 0x00000001fee01003);
        function.WriteBar(0, 0x2018, 4, 0x4041);
        Assert.Equal(0x00000001fee01000u, function.ReadBar(0, 0x2010, 8));
        Assert.Equal(0x0000000100004041u, function.ReadBar(0, 0x2018, 8));
        Assert.Equal(0x40u, function.ReadBar(0, 0x2019, 1));
        Assert.Equal(0u, function.ReadBar(0, 0x3000, 8));
        Assert.Empty(ram.Accesses!);
        function.ReadBar(0, 0x2050, 4);
        Assert.Equal([(0x2050UL, 4)], ram.Accesses!);
    }
}
