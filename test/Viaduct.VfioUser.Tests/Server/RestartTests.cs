using System.Buffers;
using System.Buffers.Binary;
using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Linux;
using Viaduct.VfioUser.Server;
using Viaduct.VfioUser.Tests.Infrastructure;

namespace Viaduct.VfioUser.Tests.Server;

/// <summary>A server ends, another begins where it was, and a driver that only connects again goes on with its queues.</summary>
public sealed class RestartTests
{
    private const ulong Iova = 0x10000;
    private const int Submission = 0, Completion = 0x1000, Data = 0x2000, MemorySize = 0x3000;

    [Fact]
    public void Restart_WithState_GoesOnWithTheQueues()
    {
        Assert.False(MemoryMapping.Allocate(MemorySize, HugePageSize.None, out var memory).IsError);
        using var shared = memory!;
        var state = new ArrayBufferWriter<byte>();
        byte[] configuration;
        using (var first = Serve(null))
        {
            using (var client = first.Connect())
            {
                client.Map(Iova, MemorySize, shared.File);
                Enable(client);
                Identify(client, shared, slot: 0);
            }

            first.Stop();
            configuration = first.SaveConfiguration();
            ((NvmeFunction)first.Function).SaveState(state);
        }

        using var second = Serve(s =>
        {
            s.RestoreConfiguration(configuration);
            Assert.True(((NvmeFunction)s.Function).TryLoadState(state.WrittenSpan, out _));
        });
        using var again = second.Connect();
        again.Map(Iova, MemorySize, shared.File);
        shared.GetSpan(Data, 4096).Clear();
        Identify(again, shared, slot: 1);
        Assert.Equal(0x1af4, BinaryPrimitives.ReadUInt16LittleEndian(shared.GetSpan(Data, 2)));
    }

    private static Served Serve(Action<Served>? beforeStart)
    {
        NvmeFunction? function = null;
        return new Served(
            new ServerOptions { ClientReady = () => Resume(function!, beforeStart is not null) },
            services => function = new NvmeFunction(services, new NvmeOptions { Serial = "restart" }, [new RamStorage(1 << 20)]),
            beforeStart);
    }

    private static void Resume(NvmeFunction function, bool resumes)
    {
        if (resumes)
        {
            function.Resume();
        }
    }

    private static void Enable(WireClient client)
    {
        client.Write(7, 4, 2, 6); // memory, bus master
        client.Write(0, 0x24, 4, 0x000f000f);
        client.Write(0, 0x28, 8, Iova + Submission);
        client.Write(0, 0x30, 8, Iova + Completion);
        client.Write(0, 0x14, 4, 0x00460001);
        while ((client.Read(0, 0x1c, 4) & 1) == 0)
        {
            Thread.Yield();
        }
    }

    private static void Identify(WireClient client, MemoryMapping memory, int slot)
    {
        var entry = memory.GetSpan((nuint)(Submission + (slot * 64)), 64);
        entry.Clear();
        entry[0] = 6;
        entry[2] = (byte)(slot + 1);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], Iova + Data);
        entry[40] = 1; // the controller
        client.Write(0, 0x1000, 4, (uint)slot + 1);
        while ((memory.GetSpan((nuint)(Completion + (slot * 16) + 14), 1)[0] & 1) == 0)
        {
            Thread.Yield();
        }

        Assert.Equal(slot + 1, memory.GetSpan((nuint)(Completion + (slot * 16) + 12), 1)[0]);
        Assert.Equal(0, memory.GetSpan((nuint)(Completion + (slot * 16) + 15), 1)[0]);
    }
}
