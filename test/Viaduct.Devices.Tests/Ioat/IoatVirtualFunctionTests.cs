using Viaduct.Abi;
using Viaduct.Devices.Ioat;
using Viaduct.Devices.Tests.Infrastructure;
using static Viaduct.Abi.PciSriov;

namespace Viaduct.Devices.Tests.Ioat;

public sealed class IoatVirtualFunctionTests
{
    [Fact]
    public void Capability_SaysHowManyAndWhere()
    {
        var function = new IoatFunction(new Host(4096).Services, virtualFunctions: 5);
        var sriov = function.Sriov!;
        Assert.Equal(0x10u, function.ReadConfig(0x100, 2));
        Assert.Equal(5u, function.ReadConfig(0x100 + PCI_SRIOV_INITIAL_VF, 2));
        Assert.Equal(5, sriov.TotalVfs);
        Assert.Equal((0x80, 1, 0x2021), (sriov.FirstVfOffset, sriov.VfStride, sriov.VfDeviceId));
        Assert.Equal(4u, function.ReadConfig(0x100 + PCI_SRIOV_BAR, 4));
        Assert.Equal(16384UL, sriov.Bars[0]!.Size);
    }

    [Fact]
    public void WithoutVirtualFunctions_ThereIsNoCapability()
    {
        var function = new IoatFunction(new Host(4096).Services);
        Assert.Null(function.Sriov);
        Assert.Equal(0u, function.ReadConfig(0x100, 4));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65)]
    public void TooMany_AreRefused(int count)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new IoatFunction(new Host(4096).Services, virtualFunctions: count));

    [Fact]
    public void AVirtualFunction_IsAnEngineOfItsOwn_WithoutIdsAndPin()
    {
        var rig = IoatRig.OfVirtualFunction();
        Assert.True(rig.Ioat.IsVirtual);
        Assert.Equal(uint.MaxValue, rig.Ioat.ReadConfig(0, 4));
        Assert.Equal(0x2021, rig.Ioat.Identity.DeviceId);
        Assert.Equal(0u, rig.Ioat.ReadConfig(0x3d, 1));
        Assert.Equal(0u, rig.Ioat.ReadConfig(0x10, 4));
        rig.Randomise(7);
        rig.Put(0, 5000, IoatRig.Interrupt, IoatRig.Source, IoatRig.Destination);
        rig.Start(1);
        rig.Run();
        Assert.Equal(IoatState.Idle, rig.State);
        Assert.Equal(rig.Host.At(IoatRig.Source, 5000).ToArray(), rig.Host.At(IoatRig.Destination, 5000).ToArray());
        Assert.Equal(1, rig.Host.Interrupts.Messages);
    }

    [Fact]
    public void WithoutBusMaster_AVirtualFunctionMovesNothing()
    {
        var rig = IoatRig.OfVirtualFunction();
        rig.Ioat.WriteConfig(PciConfig.PCI_COMMAND, 2, 0);
        rig.Randomise(7);
        rig.Put(0, 64, 0, IoatRig.Source, IoatRig.Destination);
        rig.Start(1);
        rig.Run();
        Assert.Equal(new byte[64], rig.Host.At(IoatRig.Destination, 64).ToArray());
    }
}
