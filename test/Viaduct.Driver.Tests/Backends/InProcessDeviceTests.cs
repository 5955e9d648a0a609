using NvmeDisk;
using Viaduct.Abi;

namespace Viaduct.Driver.Tests.Backends;

/// <summary>What only the back-end of this process has.</summary>
public sealed class InProcessDeviceTests
{
    [Fact]
    public void Registers_InSteadyState_AllocateNothing()
    {
        var machine = ModelMachine.Create("edu");
        using var device = InProcessDevice.Open(machine.System, machine.Device);
        device.Config.EnableBusMaster();
        var bar = device.MapBar(0);
        Assert.False(bar.IsMapped);
        Assert.Equal(0, Allocations.Least(() => bar.Write32(4, bar.Read32(4))));
    }

    [Fact]
    public void Open_ByASecondClient_IsEINVAL_UntilTheFirstHasClosed()
    {
        var machine = ModelMachine.Create("edu");
        using (InProcessDevice.Open(machine.System, machine.Device))
        {
            var seen = Assert.Throws<VfioException>(() => InProcessDevice.Open(machine.System, machine.Device));
            Assert.Equal(Errno.EINVAL, seen.Errno);
            Assert.Contains("another client", seen.Why);
        }

        InProcessDevice.Open(machine.System, machine.Device).Dispose();
    }

    [Fact]
    public async Task Open_DeviceOfNoSystem_IsENODEV()
    {
        var (machine, other) = (ModelMachine.Create("edu"), ModelMachine.Create("edu"));
        await machine.System.RemoveAsync(machine.Device);
        Assert.Equal(
            Errno.ENODEV, Assert.Throws<VfioException>(() => InProcessDevice.Open(other.System, machine.Device)).Errno);
    }

    [Fact]
    public void Registers_WhileMemoryIsOff_AreEIO()
    {
        var machine = ModelMachine.Create("edu");
        using var device = InProcessDevice.Open(machine.System, machine.Device);
        var bar = device.MapBar(0);
        device.Config.Command &= ~PciCommand.Memory;
        Assert.Equal(Errno.EIO, Assert.Throws<VfioException>(() => bar.Read32(0)).Errno);
        Assert.Equal(Errno.EIO, Assert.Throws<VfioException>(() => bar.Write32(0, 1)).Errno);
    }

    [Fact]
    public void Client_ClosedDevice_LeavesItsAddressSpaceToTheNext()
    {
        var machine = ModelMachine.Create("edu");
        using var client = new InProcessClient(machine.System);
        Assert.Throws<InvalidOperationException>(() => client.Dma);
        client.OpenDevice(machine.Device).Dispose();
        using var device = client.OpenDevice(machine.Device);
        using var buffer = device.AllocateDma(4096);
        Assert.Same(client.Dma, device.Dma);
    }
}
