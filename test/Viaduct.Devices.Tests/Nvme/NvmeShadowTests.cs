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
    public void HeadRegister_OlderThanMemory_IsNoMistake()
    {
        for (var i = 0; i < 15; i++)
        {
            _queue.Put(NvmeEntry.Read(0, 1, Data));
        }

        Store(8, 15);
        _nvme.Function.WriteBar(0, 0x1008, 4, 15);
        _nvme.Run();

        // The queue is full. The host wrote the register for head 3, and memory for 5, before the controller looked; then the register arrives again.
        Store(12, 5);
        _nvme.Function.WriteBar(0, 0x100c, 4, 5);
        _nvme.Run();
        _nvme.Function.WriteBar(0, 0x100c, 4, 3);
        _nvme.Run();
        Assert.Equal(0UL, Errors());
    }

    [Fact]
    public void Admin_InMemory_IsServedAsTheEventIndexesSay()
    {
        var driver = new NvmeShadowAdmin(_nvme, Shadow, EventIndex);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(0, driver.Do(new NvmeEntry(0x0a) { Dword10 = 11 }).Status);
        }

        // Its completion queue has 32 entries.
        Assert.InRange(driver.HeadsRung, 1, 10);
        Assert.Equal(0UL, driver.Errors());
    }

    [Fact]
    public void Admin_InMemoryAfterRegisters_IsServed()
    {
        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(0, _nvme.Command(0x0a, dword10: 11).Status);
        }

        Assert.Equal(0, _nvme.Command(0x7c, prp1: Shadow, prp2: EventIndex).Status);
        var driver = new NvmeShadowAdmin(_nvme, Shadow, EventIndex);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(0, driver.Do(new NvmeEntry(0x0a) { Dword10 = 11 }).Status);
        }
    }

    [Fact]
    public void Admin_Registers_AreHeardWhateverBecomesOfTheBuffers()
    {
        // SPDK frees the buffers, and other data is there, while the controller has them.
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(0, _nvme.Command(0x0a, dword10: 11).Status);
            _nvme.Host.At(Shadow, 8).Fill((byte)i);
            _nvme.Host.At(EventIndex, 8).Fill((byte)i);
            Assert.Equal(0, _nvme.Command(0x0a, dword10: 11).Status);
            Assert.Equal((uint)i * 0x0101_0101, Load(0));
        }

        Assert.Equal(0UL, Errors());
    }

    [Fact]
    public void Buffers_Gone_LeavesRegisters()
    {
        _nvme.Host.Space.Unmap(Host.MemoryAddress);
        _nvme.Function.WriteBar(0, 0x1008, 4, 1);
        _nvme.Run();
        Assert.Contains(_nvme.Host.Mistakes.Mistakes, mistake => mistake.Contains("doorbell buffers", StringComparison.Ordinal));
    }

    /// <summary>Error log entries since the beginning.</summary>
    private ulong Errors()
    {
        Assert.Equal(0, _nvme.Command(0x02, 0xffff_ffff, Data, 0x000f_0001).Status);
        return Word64(_nvme.Host.At(Data, 64), 0);
    }

    private void Store(int at, uint value)
        => BinaryPrimitives.WriteUInt32LittleEndian(_nvme.Host.At(Shadow + (ulong)at, 4), value);

    private uint Load(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_nvme.Host.At(EventIndex + (ulong)at, 4));
}
