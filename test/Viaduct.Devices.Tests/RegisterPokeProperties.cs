using FsCheck;
using FsCheck.Fluent;
using Viaduct.Devices.Edu;
using Viaduct.Devices.Ioat;
using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests;

/// <summary>Whatever is written to a device, it does not throw, and comes to rest.</summary>
public sealed class RegisterPokeProperties
{
    private static readonly ulong[] s_values =
    [
        0, 1, 2, 4, 8, 0x20, 0x40, 0xff, 0xffff, Host.MemoryAddress, Host.MemoryAddress + 64, Host.MemoryAddress + 4090, 0x40000,
        0x40fff, 0xffff_ffff, 1UL << 48, 1UL << 63, ulong.MaxValue - 7, ulong.MaxValue,
    ];

    [Fact]
    public void Ioat_AnyAccesses_ComesToRest() => Check(services => new IoatFunction(services), 0x100);

    [Fact]
    public void Edu_AnyAccesses_ComesToRest() => Check(services => new EduFunction(services), 0xa0);

    [Fact]
    public void Nvme_AnyAccesses_ComesToRest() => Check(
        services => new NvmeFunction(services, new NvmeOptions { Serial = "S", Queues = 2 }, [new RamStorage(1 << 20)]), 0x1030);

    private static void Check(Func<PciServices, DeviceFunction> create, int registers)
    {
        var script = Gen.Choose(0, int.MaxValue).ArrayOf();
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(300),
            Prop.ForAll(script.ToArbitrary(), words => Survives(create, registers, words)));
    }

    private static void Survives(Func<PciServices, DeviceFunction> create, int registers, int[] words)
    {
        var host = new Host(64 * 1024);
        new Random(words.Length).NextBytes(host.Memory.Bytes);

        // Half of the memory is a ring that leads back to itself.
        for (var i = 0; i < 512; i++)
        {
            var at = host.Memory.Bytes.AsSpan(i * 64, 64);
            at[..8].Clear();
            at[1] = (byte)(i % 3);
            BitConverter.TryWriteBytes(at[8..], Host.MemoryAddress + 0x8000);
            BitConverter.TryWriteBytes(at[16..], Host.MemoryAddress + 0xc000);
            BitConverter.TryWriteBytes(at[24..], Host.MemoryAddress + (ulong)((i + 1) % 512 * 64));
        }

        var function = host.Plug(create(host.Services));
        foreach (var word in words)
        {
            Poke(function, host, registers, new Random(word));
        }

        // At most 65,535 descriptors can wait at once, 256 a turn.
        host.Executor.RunAll(limit: 1000);
        function.Reset(PciResetKind.Cold);
        host.Executor.RunAll(limit: 2);
    }

    private static void Poke(DeviceFunction function, Host host, int registers, Random random)
    {
        var width = 1 << random.Next(4);
        var offset = (ulong)random.Next(registers);
        var value = s_values[random.Next(s_values.Length)] + (random.Next(4) == 0 ? (ulong)random.Next(64) : 0);
        switch (random.Next(10))
        {
            case 0:
                host.Executor.RunOne();
                break;
            case 1:
                function.ReadBar(0, offset, width);
                break;
            case 2:
                function.WriteConfig(random.Next(4096), 4, (uint)value);
                break;
            case 3 when random.Next(10) == 0:
                function.Reset((PciResetKind)random.Next(3));
                break;
            case 4:
                function.WriteBar(0, (ulong)random.NextInt64(1 << 20), width, value);
                break;
            default:
                function.WriteBar(0, offset & ~(ulong)(width - 1), width, value);
                break;
        }
    }
}
