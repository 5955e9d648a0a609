using System.Buffers.Binary;
using Viaduct.Devices.Tests.Infrastructure;
using static Viaduct.Devices.Tests.Infrastructure.NvmeHost;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>Doorbells in memory.</summary>
public sealed class NvmeShadowTests
{
    private const ulong Shadow = Host.MemoryAddress + 0x6_0000;
    private const ulong EventIndex = Shadow + 0x1000;

    private readonly NvmeHost _nvme = new();
    private readonly NvmeQueue _queue;

    public NvmeShadowTests()
    {
        _queue = _nvme.Start();
        Assert.Equal(0, _nvme.Command(0x7c, prp1: Shadow, prp2: EventIndex).Status);
    }

    [Fact]
    public void Configure_Wrong_IsInvalidField()
    {
        Assert.Equal(0x002, _nvme.Command(0x7c, prp1: Shadow + 8, prp2: EventIndex).Status);
        Assert.Equal(0x002, _nvme.Command(0x7c, prp1: Shadow, prp2: 0).Status);
        Assert.Equal(0x004, _nvme.Command(0x7c, prp1: 0x7000_0000, prp2: EventIndex).Status);
    }

    [Fact]
    public void Tail_InMemory_IsTakenAtTheNextDoorbellAndAskedFor()
    {
        _queue.Put(NvmeEntry.Read(0, 1, Data));
        _queue.Put(NvmeEntry.Read(0, 1, Data));
        Store(8, 2);

        // The register says that there is something; how much is in memory.
        _nvme.Function.WriteBar(0, 0x1008, 4, 1);
        _nvme.Run();
        Assert.True(_queue.TryTake(out _, rings: false));
        Assert.True(_queue.TryTake(out _, rings: false));
        Assert.Equal(2u, Load(8));
    }

    [Fact]
    public void Tail_MovedWhileTheEngineWorks_NeedsNoDoorbell()
    {
        _queue.Put(NvmeEntry.Read(0, 1, Data));
        Store(8, 1);
        var isMoved = false;
        _nvme.Host.Memory.Accessing = (offset, length, isWrite) =>
        {
            if (isWrite && offset == EventIndex + 8 - Host.MemoryAddress && !isMoved)
            {
                isMoved = true;
                _queue.Put(NvmeEntry.Read(0, 1, Data));
                Store(8, 2);
            }
        };
        _nvme.Function.WriteBar(0, 0x1008, 4, 1);
        _nvme.Run();
        Assert.True(isMoved);
        Assert.True(_queue.TryTake(out _, rings: false));
        Assert.True(_queue.TryTake(out _, rings: false));
        Assert.Equal(2u, Load(8));
    }

    [Fact]
    public void Head_InMemory_MakesRoom()
    {
        // 16 entries: 15 completions fill the queue.
        for (var i = 0; i < 15; i++)
        {
            _queue.Put(NvmeEntry.Read(0, 1, Data));
        }

        Store(8, 15);
        _nvme.Function.WriteBar(0, 0x1008, 4, 15);
        _nvme.Run();
        for (var i = 0; i < 15; i++)
        {
            Assert.True(_queue.TryTake(out _, rings: false));
        }

        _queue.Put(NvmeEntry.Read(0, 1, Data));
        Store(8, 0);
        _nvme.Function.WriteBar(0, 0x1008, 4, 0);
        _nvme.Run();
        Assert.False(_queue.TryTake(out _, rings: false));

        // The controller has asked for the register when the head passes it.
        Assert.Equal(0u, Load(12));
        Store(12, 15);
        _nvme.Function.WriteBar(0, 0x100c, 4, 15);
        _nvme.Run();
        Assert.True(_queue.TryTake(out _, rings: false));
    }

    [Fact]
    public void Buffers_Gone_LeavesRegisters()
    {
        _nvme.Host.Space.Unmap(Host.MemoryAddress);
        _nvme.Function.WriteBar(0, 0x1008, 4, 1);
        _nvme.Run();
        Assert.Contains(_nvme.Host.Mistakes.Mistakes, mistake => mistake.Contains("doorbell buffers", StringComparison.Ordinal));
    }

    private void Store(int at, uint value)
        => BinaryPrimitives.WriteUInt32LittleEndian(_nvme.Host.At(Shadow + (ulong)at, 4), value);

    private uint Load(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_nvme.Host.At(EventIndex + (ulong)at, 4));
}
