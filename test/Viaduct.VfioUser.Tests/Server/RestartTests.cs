using System.Buffers;
using System.Buffers.Binary;
using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Linux;
using Viaduct.VfioUser.Server;
using Viaduct.VfioUser.Tests.Infrastructure;
using static Viaduct.VfioUser.Tests.Infrastructure.NvmeDriver;

namespace Viaduct.VfioUser.Tests.Server;

/// <summary>A server ends, another begins where it was, and a driver that only connects again goes on with its queues.</summary>
public sealed class RestartTests
{
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
            configuration = first.Device.SaveConfiguration();
            ((NvmeFunction)first.Function).SaveState(state);
        }

        using var second = Serve(s =>
        {
            s.Device.RestoreConfiguration(configuration);
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
}
