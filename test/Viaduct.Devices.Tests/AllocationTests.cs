using Viaduct.Devices.Edu;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Devices.Tests.Ioat;

namespace Viaduct.Devices.Tests;

/// <summary>What a device does often must not leave work for the collector.</summary>
public sealed class AllocationTests
{
    private readonly IoatRig _rig = new();

    [Fact]
    public void Descriptors_AllocateNothing()
    {
        _rig.Put(0, 4096, IoatRig.CompletionWrite | IoatRig.Interrupt, IoatRig.Source, IoatRig.Destination, IoatRig.Ring + 64);
        _rig.Put(1, 4096, IoatRig.FillOperation, 0x55, IoatRig.Destination, IoatRig.Ring);
        void Round()
        {
            _rig.Start(1000);
            _rig.Run();
            _rig.Read(0x88, 8);
        }

        Assert.Equal(0, Allocations.Least(Round));
    }

    [Fact]
    public void EduTransfers_AllocateNothing()
    {
        var host = new Host();
        var edu = host.Plug(new EduFunction(host.Services));
        edu.WriteBar(0, 0x80, 8, Host.MemoryAddress);
        edu.WriteBar(0, 0x88, 8, EduFunction.BufferAddress);
        edu.WriteBar(0, 0x90, 8, 4096);
        void Round()
        {
            for (var i = 0; i < 1000; i++)
            {
                edu.WriteBar(0, 0x98, 8, 1);
                host.Executor.RunAll();
            }
        }

        Assert.Equal(0, Allocations.Least(Round));
    }
}
