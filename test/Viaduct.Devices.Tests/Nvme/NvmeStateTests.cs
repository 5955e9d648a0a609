using System.Buffers;
using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Pci.Hardware;
using static Viaduct.Devices.Tests.Infrastructure.NvmeHost;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>A controller whose process ends, and another that goes on.</summary>
public sealed class NvmeStateTests : IDisposable
{
    private readonly SlowStorage _disk = new(1 << 20);
    private readonly NvmeHost _nvme;
    private readonly NvmeQueue _queue;

    public NvmeStateTests()
    {
        _nvme = new NvmeHost(_disk);
        _nvme.EnableMsix();
        _nvme.Enable();
        _queue = _nvme.AddQueue(vector: 1);
    }

    public void Dispose() => _disk.Dispose();

    [Fact]
    public void State_BetweenCommands_GoesOn()
    {
        _nvme.Host.At(Data, 512).Fill(7);
        Assert.Equal(0, _queue.Do(NvmeEntry.Write(3, 1, Data)).Status);
        Assert.Equal(0, _nvme.Command(0x09, dword10: 11, dword11: 2).Status);
        var request = _nvme.Admin.Submit(new NvmeEntry(0x0c));
        _nvme.Run();
        Replace(Save());
        Assert.Equal(1u, _nvme.Status);
        Assert.Equal(0, _queue.Do(NvmeEntry.Read(3, 1, Data + 512)).Status);
        Assert.Equal(7, _nvme.Host.At(Data + 512, 1)[0]);
        Assert.Equal(1, _nvme.Host.Interrupts.LastVector);
        Assert.Equal(2u, _nvme.Command(0x0a, dword10: 11).Result);
        Assert.Equal("SERIAL1", System.Text.Encoding.ASCII.GetString(_nvme.Identify(1), 4, 7));
        _nvme.Function.WriteBar(0, 0x1018, 4, 1);
        _nvme.Run();
        Assert.True(_nvme.Admin.TryTake(out var happened));
        Assert.Equal((request, 0u), (happened.Identifier, happened.Result & 0xff));
    }

    [Fact]
    public void State_AdminDoorbellsInMemory_StayThere()
    {
        const ulong shadow = Lists, eventIndex = Lists + 0x1000;
        Assert.Equal(0, _nvme.Command(0x7c, prp1: shadow, prp2: eventIndex).Status);
        var driver = new NvmeShadowAdmin(_nvme, shadow, eventIndex);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(0, driver.Do(new NvmeEntry(0x0a) { Dword10 = 11 }).Status);
            Replace(Save());
        }
    }

    [Fact]
    public void State_AdminDoorbellsInRegisters_StayThere()
    {
        Assert.Equal(0, _nvme.Command(0x7c, prp1: Lists, prp2: Lists + 0x1000).Status);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(0, _nvme.Command(0x0a, dword10: 11).Status);
            Replace(Save());
        }
    }

    [Fact]
    public void State_CommandsThatWait_AreDoneOnce()
    {
        // The doorbell was rung, and the engine has not looked.
        var read = _queue.Submit(NvmeEntry.Read(0, 1, Data));
        var state = Save();
        Replace(state);
        Assert.True(_queue.TryTake(out var reply));
        Assert.Equal(read, reply.Identifier);
        Assert.False(_queue.TryTake(out _));
        Assert.Equal(0, _queue.Do(NvmeEntry.Read(0, 1, Data)).Status);
    }

    [Fact]
    public void State_CommandsInTheBackground_BeginAnew()
    {
        var flush = _queue.Submit(NvmeEntry.OfBlocks(0x00, 0, 1));
        _nvme.RunEngine();
        var state = Save();
        Replace(state);
        Assert.Equal(1, _disk.Flushes);
        Assert.True(_queue.TryTake(out var reply));
        Assert.Equal(flush, reply.Identifier);
        Assert.Equal(0, _queue.Do(NvmeEntry.Read(0, 1, Data)).Status);
    }

    [Fact]
    public void State_OlderThanCompletions_DoesNotRepeatThem()
    {
        for (var i = 0; i < 3; i++)
        {
            _queue.Put(NvmeEntry.Write(0, 1, Data));
        }

        var flush = _queue.Put(NvmeEntry.OfBlocks(0x00, 0, 1));
        _queue.Ring();
        _nvme.RunEngine();
        var state = Save();
        _nvme.Run();
        Assert.Equal((3, 1), (_disk.Writes, _disk.Flushes));
        Replace(state);
        Assert.Equal((3, 1), (_disk.Writes, _disk.Flushes));
        NvmeReply reply = default;
        for (var i = 0; i < 4; i++)
        {
            Assert.True(_queue.TryTake(out reply));
        }

        Assert.Equal(flush, reply.Identifier);
        Assert.False(_queue.TryTake(out _));
        Assert.Equal(0, _queue.Do(NvmeEntry.Read(0, 1, Data)).Status);
    }

    [Fact]
    public void State_QueueBeingDeleted_IsDeleted()
    {
        _queue.Submit(NvmeEntry.OfBlocks(0x00, 0, 1));
        _nvme.RunEngine();
        var delete = _nvme.Admin.Submit(new NvmeEntry(0x00) { Dword10 = 1 });
        _nvme.RunEngine();
        Replace(Save());
        Assert.True(_nvme.Admin.TryTake(out var reply));
        Assert.Equal((delete, 0), (reply.Identifier, reply.Status));
    }

    [Fact]
    public void State_Paused_TouchesNoMemory()
    {
        _queue.Submit(NvmeEntry.Read(0, 1, Data));
        var state = Save();
        _nvme.Host.Executor.Forget();
        var function = Create();
        _nvme.Host.Memory.Accessing = (_, _, _) => Assert.Fail("memory is not in place");
        Assert.True(function.TryLoadState(state, out _));
        function.WriteBar(0, 0x1008, 4, 1);
        _nvme.Host.Executor.RunAll();
    }

    [Fact]
    public void Load_AnotherKind_SaysWhy()
    {
        var state = Save();
        var other = new NvmeFunction(_nvme.Services, new NvmeOptions { Serial = "B" }, [new RamStorage(2 << 20)]);
        Assert.False(other.TryLoadState(state, out var error));
        Assert.Equal("The state is of a controller whose namespace 1 has another size.", error);
        Assert.False(other.TryLoadState("nonsense"u8, out error));
        Assert.Equal("This is no state of an NVMe controller, or of another version.", error);
    }

    [Fact]
    public void Load_Damaged_IsRefusedOrHarmless()
    {
        _queue.Submit(NvmeEntry.OfBlocks(0x00, 0, 1));
        _nvme.RunEngine();
        var good = Save();
        var random = new Random(5);
        for (var length = 0; length < good.Length; length += 1 + random.Next(97))
        {
            Assert.False(Create().TryLoadState(good.AsSpan(0, length), out _));
        }

        for (var i = 0; i < 100; i++)
        {
            var bad = good.ToArray();
            for (var changes = random.Next(4); changes >= 0; changes--)
            {
                bad[8 + random.Next(bad.Length - 8)] = (byte)random.Next(256);
            }

            var host = new NvmeHost(new SlowStorage(1 << 20));
            if (host.Function.TryLoadState(bad, out _))
            {
                host.Function.Resume();
                host.Run();
            }

            host.Function.Reset(PciResetKind.Cold);
            host.Run();
        }
    }

    private byte[] Save()
    {
        var output = new ArrayBufferWriter<byte>();
        _nvme.Function.SaveState(output);
        return output.WrittenSpan.ToArray();
    }

    private NvmeFunction Create() => _nvme.Host.Plug(
        new NvmeFunction(_nvme.Services, new NvmeOptions { Serial = "OTHER" }, [_disk]));

    /// <summary>The process has gone, with what its executors had; another takes its place.</summary>
    private void Replace(byte[] state)
    {
        _nvme.Host.Executor.Forget();
        _nvme.Background.Forget();
        var function = Create();
        Assert.True(function.TryLoadState(state, out var error), error);
        _nvme.Function = function;
        function.Resume();
        _nvme.Run();
    }
}
