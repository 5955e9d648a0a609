using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.Hardware;

public sealed class PciFunctionInterruptTests
{
    private const int MasterAndMemory = 6;

    [Fact]
    public void Intx_IsALevel_AndIntxDisableHidesIt()
    {
        var edu = TestFunction.Edu();
        edu.Line(true);
        edu.Line(true);
        Assert.Equal(0x18u, edu.ReadConfig(6, 2));
        edu.WriteConfig(4, 2, 0x400);
        Assert.Equal(0x18u, edu.ReadConfig(6, 2));
        edu.WriteConfig(4, 2, 0);
        edu.Line(false);
        Assert.Equal(0x10u, edu.ReadConfig(6, 2));
        Assert.Equal([true, false, true, false], edu.Receiver.Levels);
    }

    [Fact]
    public void Message_WithoutMsi_SaysSo()
    {
        var edu = TestFunction.Edu();
        Assert.False(edu.Message(0));
        Assert.Empty(edu.Receiver.Messages);
    }

    [Fact]
    public void Msi_NeedsBusMaster()
    {
        var edu = TestFunction.Edu();
        edu.WriteConfig(0x42, 2, 1);
        Assert.True(edu.Message(0));
        Assert.Empty(edu.Receiver.Messages);
        edu.WriteConfig(4, 2, MasterAndMemory);
        Assert.True(edu.Message(0));
        Assert.Equal([0], edu.Receiver.Messages);
    }

    [Theory]
    [InlineData(0, new[] { 0, 0, 0, 0 })]
    [InlineData(1, new[] { 0, 1, 0, 1 })]
    [InlineData(2, new[] { 0, 1, 2, 3 })]
    [InlineData(5, new[] { 0, 1, 2, 3 })]
    public void Msi_FewerVectorsAllowed_Folds(int queueSize, int[] expected)
    {
        var function = TestFunction.Express();
        function.WriteConfig(4, 2, MasterAndMemory);
        function.WriteConfig(function.Msi!.Offset + 2, 2, (uint)(1 | (queueSize << 4)));
        for (var i = 0; i < 4; i++)
        {
            function.Message(i);
        }

        Assert.Equal(expected, function.Receiver.Messages);
    }

    [Fact]
    public void Msi_MaskedVector_IsPendingUntilUnmasked()
    {
        var function = TestFunction.Express();
        var at = function.Msi!.Offset;
        function.WriteConfig(4, 2, MasterAndMemory);
        function.WriteConfig(at + 2, 2, 0x21);
        function.WriteConfig(at + 16, 4, 0x4);
        function.Message(2);
        function.Message(2);
        Assert.Empty(function.Receiver.Messages);
        Assert.Equal(4u, function.ReadConfig(at + 20, 4));
        function.WriteConfig(at + 16, 4, 0);
        Assert.Equal([2], function.Receiver.Messages);
        Assert.Equal(0u, function.ReadConfig(at + 20, 4));
    }

    [Fact]
    public void Msix_MasksByVectorAndFunction_AndRemembers()
    {
        var function = TestFunction.Express();
        var at = function.Msix!.Offset;
        function.WriteConfig(4, 2, MasterAndMemory);
        function.WriteConfig(at + 2, 2, 0x8000);
        Assert.True(function.Message(3));
        Assert.Equal(8u, function.ReadBar(0, 0x3000, 8));
        function.WriteConfig(at + 2, 2, 0xc000);
        function.WriteBar(0, 0x2000 + (3 * 16) + 12, 4, 0);
        Assert.Empty(function.Receiver.Messages);
        function.WriteConfig(at + 2, 2, 0x8000);
        Assert.Equal([3], function.Receiver.Messages);
        Assert.Equal(0u, function.ReadBar(0, 0x3000, 8));
        Assert.Equal(4u, function.ReadConfig(at + 2, 2) & 0x7ff);
    }

    [Fact]
    public void Msix_UnmaskedWithoutBusMaster_WaitsForIt()
    {
        var function = TestFunction.Express();
        function.WriteConfig(function.Msix!.Offset + 2, 2, 0x8000);
        function.Message(1);
        function.WriteBar(0, 0x2000 + 16 + 12, 4, 0);
        Assert.Empty(function.Receiver.Messages);
        function.WriteConfig(4, 2, MasterAndMemory);
        Assert.Equal([1], function.Receiver.Messages);
    }

    [Fact]
    public void Reset_LowersIntxAndMasksVectors()
    {
        var function = TestFunction.Express();
        function.WriteBar(0, 0x200c, 4, 0);
        function.Line(true);
        function.Reset(Pci.Hardware.PciResetKind.Cold);
        Assert.Equal([true, false], function.Receiver.Levels);
        Assert.Equal(1u, function.ReadBar(0, 0x200c, 4));
    }

    [Fact]
    public void D3Hot_KeepsIntxFromTheReceiver()
    {
        var function = TestFunction.Express();
        function.Line(true);
        function.WriteConfig(function.Capabilities[0].Offset + 4, 2, 3);
        Assert.Equal([true, false], function.Receiver.Levels);
    }
}
