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
    public void NvmeCommands_AllocateNothing()
    {
        var nvme = new NvmeHost();
        nvme.EnableMsix();
        nvme.Enable();
        var queue = nvme.AddQueue(entries: 64, vector: 1);
        for (var i = 0; i < 64; i++)
        {
            queue.Put((i & 1) == 0 ? NvmeEntry.Read(0, 8, NvmeHost.Data) : NvmeEntry.Write(0, 8, NvmeHost.Data));
        }

        void Round()
        {
            // Four times around the rings.
            for (var i = 1UL; i <= 256; i++)
            {
                nvme.Function.WriteBar(0, 0x1008, 4, i % 64);
                nvme.Host.Executor.RunAll();
                nvme.Function.WriteBar(0, 0x100c, 4, i % 64);
                nvme.Host.Executor.RunAll();
            }
        }

        Assert.Equal(0, Allocations.Least(Round));
        Assert.True(nvme.Host.Interrupts.Messages > 256);
        Assert.Empty(nvme.Host.Mistakes.Mistakes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NvmeCommandsOfAFile_AllocateNothing(bool isCold)
    {
        using var disk = new SlowStorage(1 << 20) { IsCold = isCold };
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        for (var i = 0; i < 16; i++)
        {
            var (block, data) = ((ulong)i * 64, NvmeHost.Data + ((ulong)i * 0x8000));
            queue.Put((i & 1) == 0 ? NvmeEntry.Read(block, 16, data, data + 0x4000) : NvmeEntry.Write(block, 8, data));
        }

        void Round()
        {
            for (var i = 4UL; i <= 64; i += 4)
            {
                nvme.Function.WriteBar(0, 0x1008, 4, i % 16);
                nvme.Run();
                nvme.Function.WriteBar(0, 0x100c, 4, i % 16);
                nvme.Run();
            }
        }

        Assert.Equal(0, Allocations.Least(Round));
        Assert.True(disk.Writes >= 16);
        Assert.Empty(nvme.Host.Mistakes.Mistakes);
    }

    [Fact]
    public void NvmeFlushes_AllocateNothing()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        for (var i = 0; i < 16; i++)
        {
            queue.Put(NvmeEntry.OfBlocks(0, 0, 1));
        }

        void Round()
        {
            for (var i = 1UL; i <= 16; i++)
            {
                nvme.Function.WriteBar(0, 0x1008, 4, i % 16);
                nvme.Run();
                nvme.Function.WriteBar(0, 0x100c, 4, i % 16);
                nvme.Run();
            }
        }

        Assert.Equal(0, Allocations.Least(Round));
        Assert.True(disk.Flushes >= 16);
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
