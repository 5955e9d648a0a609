using FsCheck;
using FsCheck.Fluent;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.Hardware;

public sealed class PciFunctionConfigTests
{
    [Fact]
    public void Header_OfEdu_HasIdentityAndCapabilityPointer()
    {
        var edu = TestFunction.Edu();
        Assert.Equal(0x11e81234u, edu.ReadConfig(0, 4));
        Assert.Equal(0x00100000u, edu.ReadConfig(4, 4));
        Assert.Equal(0x00ff0010u, edu.ReadConfig(8, 4));
        Assert.Equal(0x11001af4u, edu.ReadConfig(0x2c, 4));
        Assert.Equal(0x40u, edu.ReadConfig(0x34, 4));
        Assert.Equal(0x0100u, edu.ReadConfig(0x3c, 4));
        Assert.Equal(0x00800005u, edu.ReadConfig(0x40, 4));
        Assert.Equal(256, edu.ConfigSize);
    }

    [Theory]
    [InlineData(uint.MaxValue, 0xfff00000u)]
    [InlineData(0x12345678u, 0x12300000u)]
    [InlineData(0u, 0u)]
    public void Bar32_Written_KeepsAddressBits(uint written, uint read)
    {
        var edu = TestFunction.Edu();
        edu.WriteConfig(0x10, 4, written);
        Assert.Equal(read, edu.ReadConfig(0x10, 4));
        edu.WriteConfig(0x14, 4, written);
        Assert.Equal(0u, edu.ReadConfig(0x14, 4));
    }

    [Fact]
    public void Bar64AndIo_WrittenAllOnes_ShowTheirSizes()
    {
        var function = TestFunction.Express();
        for (var at = 0x10; at < 0x28; at += 4)
        {
            function.WriteConfig(at, 4, uint.MaxValue);
        }

        Assert.Equal(0xffffc004u, function.ReadConfig(0x10, 4));
        Assert.Equal(0xffffffffu, function.ReadConfig(0x14, 4));
        Assert.Equal(0xffffffe1u, function.ReadConfig(0x18, 4));
        Assert.Equal(0u, function.ReadConfig(0x1c, 4));
    }

    [Fact]
    public void Command_Written_DecodesAndMasters()
    {
        var edu = TestFunction.Edu();
        edu.WriteConfig(4, 2, 0xffff);
        Assert.Equal(0x0507u, edu.ReadConfig(4, 2));
        Assert.True(edu.MemoryDecoded);
        Assert.True(edu.IoDecoded);
        Assert.True(edu.Dma.BusMaster);
        edu.WriteConfig(4, 1, 0);
        Assert.Equal(0x0500u, edu.ReadConfig(4, 2));
        Assert.False(edu.MemoryDecoded);
        Assert.False(edu.Dma.BusMaster);
    }

    [Fact]
    public void Status_ErrorBits_AreClearedByOnes()
    {
        var edu = TestFunction.Edu();
        edu.Config.SetBits(6, 2, 0xa000, on: true);
        edu.WriteConfig(6, 2, 0x8000);
        Assert.Equal(0x2010u, edu.ReadConfig(6, 2));
    }

    [Fact]
    public void Reset_BringsRegistersBack_ButKeepsScratch()
    {
        var edu = TestFunction.Edu();
        edu.WriteConfig(4, 2, 7);
        edu.WriteConfig(0x10, 4, 0xfea00000);
        edu.WriteConfig(0x80, 4, 0x11223344);
        edu.Reset(PciResetKind.Function);
        Assert.Equal(0u, edu.ReadConfig(4, 2));
        Assert.Equal(0u, edu.ReadConfig(0x10, 4));
        Assert.Equal(0x11223344u, edu.ReadConfig(0x80, 4));
        Assert.False(edu.Dma.BusMaster);
        Assert.Equal([PciResetKind.Function], edu.Resets);
    }

    [Fact]
    public void PowerManagement_D3HotToD0_ResetsUnlessNoSoftReset()
    {
        foreach (var keeps in new[] { false, true })
        {
            var function = TestFunction.Express(noSoftReset: keeps);
            var pmcsr = function.Capabilities[0].Offset + 4;
            function.WriteConfig(4, 2, 6);
            function.WriteConfig(pmcsr, 2, 3);
            Assert.False(function.MemoryDecoded);
            Assert.False(function.Dma.BusMaster);
            function.WriteConfig(pmcsr, 2, 1);
            Assert.Equal(3u, function.ReadConfig(pmcsr, 2) & 3);
            function.WriteConfig(pmcsr, 2, 0);
            Assert.Equal(keeps ? 0 : 1, function.Resets.Count);
            Assert.Equal(keeps, function.MemoryDecoded);
            Assert.Equal(keeps, function.Dma.BusMaster);
        }
    }

    [Fact]
    public void FunctionLevelReset_ByDevctl_ResetsOnceAndReadsZero()
    {
        var function = TestFunction.Express();
        var devctl = function.Capabilities[3].Offset + 8;
        function.WriteConfig(4, 2, 6);
        function.WriteConfig(devctl, 2, 0x8000);
        Assert.Equal([PciResetKind.Function], function.Resets);
        Assert.Equal(0x2810u, function.ReadConfig(devctl, 2));
        Assert.Equal(0u, function.ReadConfig(4, 2));
    }

    [Fact]
    public void FunctionLevelReset_NotSupported_DoesNothing()
    {
        var function = TestFunction.Express(flr: false);
        function.WriteConfig(function.Capabilities[3].Offset + 8, 2, 0x8000);
        Assert.Empty(function.Resets);
    }

    [Fact]
    public void ExtendedCapabilities_AreLinked()
    {
        var function = TestFunction.Express();
        function.Add(new PciExtendedCapability(0x0003, 1, new byte[8]));
        function.Add(new PciExtendedCapability(0x000b, 1, new byte[4], [0xff]));
        Assert.Equal(0x10c10003u, function.ReadConfig(0x100, 4));
        Assert.Equal(0x0001000bu, function.ReadConfig(0x10c, 4));
        function.WriteConfig(0x110, 4, uint.MaxValue);
        Assert.Equal(0xffu, function.ReadConfig(0x110, 4));
    }

    [Fact]
    public void AddBar_WrongShape_Throws()
    {
        var registers = new RamRegisters(0);
        var function = TestFunction.Express();
        Assert.Throws<ArgumentException>(() => function.Add(new PciBar(1, PciBarKind.Memory32, 16, registers)));
        Assert.Throws<ArgumentException>(() => function.Add(new PciBar(3, PciBarKind.Memory32, 24, registers)));
        Assert.Throws<ArgumentException>(() => function.Add(new PciBar(5, PciBarKind.Memory64, 16, registers)));
        Assert.Throws<ArgumentException>(() => function.Add(new PciBar(4, PciBarKind.Memory32, 8, registers)));
        Assert.Throws<ArgumentException>(() => function.Add(new MsiCapability(1), 0xfc));
    }

    [Fact]
    public void ReadConfig_AnyWidth_IsItsBytes()
    {
        var function = TestFunction.Express();
        Prop.ForAll(
            Gen.Choose(0, 4100).ToArbitrary(),
            Gen.Choose(1, 4).ToArbitrary(),
            (offset, width) =>
            {
                var composed = 0u;
                for (var i = 0; i < width; i++)
                {
                    composed |= function.ReadConfig(offset + i, 1) << (8 * i);
                }

                return function.ReadConfig(offset, width) == composed;
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void WriteConfig_Anything_NeverChangesReadOnlyBits()
    {
        Prop.ForAll(
            Gen.Choose(0, 260).ToArbitrary(),
            Gen.Choose(1, 4).ToArbitrary(),
            ArbMap.Default.ArbFor<uint>(),
            (offset, width, value) =>
            {
                var function = TestFunction.Express();
                var pristine = TestFunction.Express();
                function.WriteConfig(offset, width, value);
                var fixedBytes = new[] { 0, 1, 2, 3, 6, 8, 9, 10, 11, 14, 0x2c, 0x2d, 0x2e, 0x2f, 0x34, 0x3d, 0x40, 0x41 };
                return Array.TrueForAll(fixedBytes, at => function.ReadConfig(at, 1) == pristine.ReadConfig(at, 1));
            }).QuickCheckThrowOnFailure();
    }
}
