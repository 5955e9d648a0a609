using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Iommu;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>Whatever a driver does, the controller does not throw, comes to rest, and serves the next driver.</summary>
public sealed class NvmeHostileTests
{
    private const int Rounds = 60;
    private const int StepsInARound = 150;

    private static readonly byte[] s_admin = [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 0x7c, 0x80, 0x0d, 0xff];
    private static readonly byte[] s_io = [0, 1, 2, 5, 8, 9, 0x0c, 0x0d, 0xff];

    [Fact]
    public void Controller_RandomDrivers_ComesToRestAndServesTheNext()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            Survive(new Random(seed), isSlow: seed % 3 != 0, isCold: seed % 3 == 1);
        }
    }

    private static void Survive(Random random, bool isSlow, bool isCold)
    {
        NvmeStorage storage = isSlow ? new SlowStorage(1 << 20) { IsCold = isCold } : new RamStorage(1 << 20);
        var nvme = new NvmeHost(new NvmeOptions { Serial = "S", Queues = 3 }, storage);
        nvme.Map(0x7000_0000, 0x1000, DmaAccess.Read);
        nvme.Start();
        for (var step = 0; step < StepsInARound; step++)
        {
            Step(nvme, random);
        }

        nvme.Function.Reset(PciResetKind.Function);
        nvme.Run();
        Assert.Equal(0u, nvme.Status);
        nvme.Function.WriteConfig(4, 2, 6);
        var queue = nvme.Start();
        Assert.Equal(0, nvme.Command(0x80, nsid: 1).Status);
        Assert.Equal(0, queue.Do(NvmeEntry.Read(0, 1, NvmeHost.Data)).Status);
    }

    private static void Step(NvmeHost nvme, Random random)
    {
        switch (random.Next(16))
        {
            case 0:
                nvme.Function.WriteBar(0, (ulong)random.Next(0x70) & ~3UL, 4, (uint)random.Next());
                break;
            case 1:
                nvme.Function.WriteBar(0, 0x14, 4, random.Next(3) == 0 ? 0 : NvmeHost.EnableBits | ((uint)random.Next(4) << 14));
                break;
            case 2 when random.Next(8) == 0:
                nvme.Function.Reset((PciResetKind)random.Next(3));
                nvme.Function.WriteConfig(4, 2, 6);
                break;
            case 3:
                nvme.Background.RunOne();
                break;
            case 4:
                nvme.Host.Executor.RunOne();
                break;
            case 5:
                nvme.Run();
                nvme.Enable();
                break;
            case 6:
                nvme.Function.WriteBar(0, 0x1000 + ((ulong)random.Next(140) * 4), 4, (uint)random.Next(40));
                break;
            case 7:
                random.NextBytes(nvme.Host.At(NvmeHost.Lists, 0x2000));
                break;
            default:
                Submit(nvme, random);
                break;
        }
    }

    /// <summary>A ring full of commands that are nearly good.</summary>
    private static void Submit(NvmeHost nvme, Random random)
    {
        var queue = random.Next(3);
        var ring = queue == 0 ? NvmeHost.AdminSubmissions : Host.MemoryAddress + 0x1_0000 + ((ulong)queue * 0x2000);
        for (var i = 0; i < 16; i++)
        {
            Entry(random, queue == 0 ? s_admin : s_io).Put(nvme.Host.At(ring + ((ulong)i * 64), 64), (ushort)random.Next(100));
        }

        nvme.Function.WriteBar(0, 0x1000 + ((ulong)queue * 8), 4, (uint)random.Next(17));
        nvme.Function.WriteBar(0, 0x1004 + ((ulong)queue * 8), 4, (uint)random.Next(17));
    }

    private static NvmeEntry Entry(Random random, byte[] opcodes) => new(opcodes[random.Next(opcodes.Length)])
    {
        Flags = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)0,
        Nsid = random.Next(4) switch { 0 => uint.MaxValue, 1 => (uint)random.Next(4), _ => 1 },
        Prp1 = Address(random),
        Prp2 = random.Next(4) == 0 ? ((ulong)random.Next(64) << 56) | (uint)random.Next(0x4000) : Address(random),
        Dword10 = random.Next(2) == 0 ? (uint)random.Next(0x20) : (uint)random.Next(),
        Dword11 = random.Next(3) switch { 0 => 0, 1 => (uint)random.Next(8) | ((uint)random.Next(4) << 16), _ => (uint)random.Next() },
        Dword12 = random.Next(4) == 0 ? (uint)random.Next() : (uint)random.Next(300),
        Dword13 = random.Next(8) == 0 ? (uint)random.Next() : 0,
    };

    private static ulong Address(Random random) => random.Next(8) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => 0x7000_0000 + (ulong)random.Next(0x2000),
        2 => NvmeHost.Lists + ((ulong)random.Next(0x200) * 16),
        3 => ulong.MaxValue - (ulong)random.Next(0x2000),
        _ => NvmeHost.Data + ((ulong)random.Next(16) * 4096) + (random.Next(3) == 0 ? (ulong)random.Next(4096) : 0),
    };
}
