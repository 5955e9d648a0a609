using FsCheck;
using FsCheck.Fluent;
using Viaduct.Devices.Catalog;
using Viaduct.Devices.Replica;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Pci;
using Viaduct.Pci.VfioPci;

namespace Viaduct.Devices.Tests.Replica;

public sealed class ReplicaFunctionTests
{
    private readonly Host _host = new(4096);

    [Fact]
    public void Header_IsTheDumps_ButForWhatAHostSets()
    {
        var function = Machine("e1000e");
        Assert.Equal(0x10d38086u, function.ReadConfig(0, 4));
        Assert.Equal(0x00100000u, function.ReadConfig(4, 4));
        Assert.Equal(0u, function.ReadConfig(0x10, 4));
        Assert.Equal(1u, function.ReadConfig(0x18, 4));
        Assert.Equal(0xc8u, function.ReadConfig(0x34, 1));
        Assert.Equal(0x0100u, function.ReadConfig(0x3c, 2));
        Assert.Equal(4096, function.ConfigSize);
        Assert.Equal([131072, 131072, 32, 16384], function.Bars.Take(4).Select(bar => bar!.Size));
    }

    [Fact]
    public void Capabilities_AreTheDumps_AndWork()
    {
        var function = _host.Plug(Machine("igb"));
        Assert.Equal([1, 5, 0x11, 0x10], function.Capabilities.Select(c => (int)c.Id));
        Assert.Equal(10, function.Msix!.Vectors);
        Assert.Equal(1, function.Msi!.Vectors);
        Assert.Equal(0x10, function.Msi.MaskOffset);
        function.WriteBar(0, 0x100, 4, 0x12345678);
        Assert.Equal(0x3456UL, function.ReadBar(0, 0x101, 2));
        function.WriteConfig(0xa8, 2, 0x8000);
        Assert.Equal(0UL, function.ReadBar(0, 0x100, 4));
        Assert.Equal(0u, function.ReadConfig(4, 2));
        function.WriteConfig(0x44, 2, 3);
        Assert.False(function.IsPowered);
    }

    [Fact]
    public void BarsOfAnySize_ArePlainMemory()
    {
        var face = new ReplicaFace([.. Card(0x10, 0x0000000c)]) { BarSizes = [1UL << 36, 0, 0, 0, 0, 0] };
        var function = _host.Plug(new ReplicaFunction(_host.Services, face));
        function.WriteBar(0, (1UL << 36) - 8, 8, 0x1122334455667788);
        function.WriteBar(0, 0xffff, 1, 0xab);
        Assert.Equal(0x1122334455667788UL, function.ReadBar(0, (1UL << 36) - 8, 8));
        Assert.Equal(0xabUL, function.ReadBar(0, 0xffff, 1));
        Assert.Equal(0UL, function.ReadBar(0, 0x10000, 1));
    }

    [Fact]
    public void BarsUpTo256MiB_AreMemoryThatClientsMap_WithoutMsixPages()
    {
        var function = Machine("e1000e");
        var device = new VfioPciDevice(new PciDevice(function, default, _host.Group, new PciHostBridge()));
        Assert.Equal([(0UL, 0x20000UL)], Areas(0));
        Assert.Equal([(0UL, 0x20000UL)], Areas(1));
        Assert.Null(device.GetRegionMemory(2)); // ports
        Assert.Equal([(0x1000UL, 0x1000UL), (0x3000UL, 0x1000UL)], Areas(3));
        var memory = function.Bars[0]!.Memory!;
        function.WriteBar(0, 0x1fff8, 8, 0x1122334455667788);
        Assert.Equal(0x55667788UL, memory.Read(0x1fff8, 4));
        function.Reset(Pci.Hardware.PciResetKind.Function);
        Assert.Equal(0UL, memory.Read(0x1fff8, 8));

        IEnumerable<(ulong, ulong)> Areas(uint index) => device.GetRegionMemory(index)!.Areas.Select(a => (a.Offset, a.Size));
    }

    [Theory]
    [InlineData(1UL << 28, true)]
    [InlineData(1UL << 29, false)]
    [InlineData(2048UL, false)]
    public void OnlyBarsOfPagesThatAreKept_CanBeMapped(ulong size, bool canMap)
    {
        var face = new ReplicaFace([.. Card(0x10, 0x0000000c)]) { BarSizes = [size, 0, 0, 0, 0, 0] };
        var function = _host.Plug(new ReplicaFunction(_host.Services, face));
        Assert.Equal(canMap, function.Bars[0]!.Memory is not null);
        function.WriteBar(0, size - 8, 8, 9);
        Assert.Equal(9UL, function.ReadBar(0, size - 8, 8));
        function.Reset(Pci.Hardware.PciResetKind.Function);
        Assert.Equal(0UL, function.ReadBar(0, size - 8, 8));
    }

    [Fact]
    public void MoreThanIsKept_IsDropped_AndSaidOnce()
    {
        var face = new ReplicaFace([.. Card(0x10, 0x0000000c)]) { BarSizes = [1UL << 40, 0, 0, 0, 0, 0] };
        var function = _host.Plug(new ReplicaFunction(_host.Services, face));
        for (var block = 0UL; block < 4100; block++)
        {
            function.WriteBar(0, block << 16, 1, 1);
        }

        Assert.Single(_host.Mistakes.Mistakes);
        Assert.Equal(1UL, function.ReadBar(0, 4095UL << 16, 1));
        Assert.Equal(0UL, function.ReadBar(0, 4097UL << 16, 1));
    }

    [Fact]
    public void DumpOf64Bytes_HasNoList()
    {
        var config = Card(0x34, 0x40).ToArray();
        config[6] = 0x10;
        var function = new ReplicaFunction(_host.Services, new ReplicaFace(config[..64]));
        Assert.Equal(256, function.ConfigSize);
        Assert.Equal(0u, function.ReadConfig(6, 2));
        Assert.Empty(function.Capabilities);
    }

    [Fact]
    public void HostsOwnSettings_AreForgotten()
    {
        var config = Card(0x34, 0x40).ToArray();
        config[6] = 0x10;
        byte[] msi = [5, 0x50, 0xb7, 1, 0xfe, 0xe0, 0, 1, 0, 0, 0, 0, 0x41];
        msi.CopyTo(config, 0x40);
        byte[] pm = [1, 0, 3, 0xc8, 3, 0x81];
        pm.CopyTo(config, 0x50);
        config[7] = 0xff;
        var function = new ReplicaFunction(_host.Services, new ReplicaFace(config));
        Assert.Equal(0x0186u, function.ReadConfig(0x42, 2));
        Assert.Equal(0u, function.ReadConfig(0x44, 4) | function.ReadConfig(0x4c, 2));
        Assert.Equal(0u, function.ReadConfig(0x54, 2));
        Assert.True(function.IsPowered);
        Assert.Equal(0x0610u, function.ReadConfig(6, 2));
    }

    [Fact]
    public void AnyDump_OpensOrIsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("replica").FullName;
        var path = Path.Combine(folder, "config");
        var opened = 0;
        try
        {
            Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
            {
                var face = Read(path, seed, out var error);
                if (face is not null)
                {
                    Exercise(new ReplicaFunction(_host.Services, face), seed);
                    opened++;
                }

                return face is not null || error!.Length > 0;
            }).QuickCheckThrowOnFailure();
            Assert.InRange(opened, 5, 95); // of 100, most of them either way would show less
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Of each of these dumps one capability lies over another, which it changes when it forgets what the host had set:
    /// the list and the lengths must be the dump's all the same.</summary>
    [Theory]
    [InlineData(1435699471)]
    [InlineData(2017163359)]
    [InlineData(137127375)]
    [InlineData(474180855)]
    public void CapabilitiesOverEachOther_AreAsTheDumpHasThem(int seed)
    {
        var path = Path.GetTempFileName();
        try
        {
            var face = Read(path, seed, out var error);
            Assert.True(face is not null, error);
            Exercise(new ReplicaFunction(_host.Services, face), seed);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The face of a noisy dump; null if it is refused, and why.</summary>
    private static ReplicaFace? Read(string path, int seed, out string? error)
    {
        File.WriteAllBytes(path, Noisy(seed));
        var keys = Enumerable.Range(0, 6).ToDictionary(i => $"bar{i}", _ => seed % 2 == 0 ? "4K" : "256");
        keys["config"] = path;
        keys["writable"] = path;
        return ReplicaFaceReader.TryRead(new DeviceOptions(keys), out var face, out error) ? face : null;
    }

    private void Exercise(ReplicaFunction function, int seed)
    {
        var device = new VfioPciDevice(new PciDevice(function, default, _host.Group, new PciHostBridge()));
        Assert.False(device.OpenDevice().IsError);
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            function.WriteConfig(random.Next(4096), 1 + random.Next(4), (uint)random.Next());
            function.ReadConfig(random.Next(4096), 4);
            function.WriteBar(random.Next(6), (ulong)random.Next(4100), 1 << random.Next(4), (ulong)random.NextInt64());
            function.ReadBar(random.Next(6), (ulong)random.Next(4100), 1 << random.Next(4));
        }

        device.CloseDevice();
    }

    /// <summary>Often with a list of capabilities that nearly makes sense.</summary>
    private static byte[] Noisy(int seed)
    {
        byte[] ids = [1, 3, 5, 9, 0x10, 0x11, 0x13, 2, 0];
        var random = new Random(seed);
        var config = new byte[random.Next(3) == 0 ? 256 : 4096];
        random.NextBytes(config.AsSpan(0, 64));
        (config[0], config[0x0e], config[0x34]) = (0x86, 0, (byte)random.Next(0x38, 0x100));
        config[6] |= 0x10;
        for (var i = 0x40; i < 0x100; i += 4)
        {
            config[i] = ids[random.Next(ids.Length)];
            config[i + 1] = (byte)random.Next(256);
            config[i + 2] = (byte)random.Next(8);
        }

        for (var i = 0x100; i < config.Length; i += 4)
        {
            BitConverter.TryWriteBytes(config.AsSpan(i), random.Next(0x30) | (random.Next(0x100, 0x1000) << 20));
        }

        return config;
    }

    private static byte[] Card(int at, uint value)
    {
        var config = new byte[4096];
        (config[0], config[1], config[2]) = (0x86, 0x80, 1);
        BitConverter.TryWriteBytes(config.AsSpan(at), value);
        return config;
    }

    [Fact]
    public void VirtualFunctions_AreTheirDumps_WithTheIdsOfTheCapability()
    {
        var machines = Path.Combine(Repository.Root, "test", "transcripts", "machines");
        var card = Machine("igb", ("vf_config", $"{machines}/igbvf.config"), ("vf_writable", $"{machines}/igbvf.writable"));
        Assert.Equal((8, 0x80, 2, 0x10ca), (card.Sriov!.TotalVfs, card.Sriov.FirstVfOffset, card.Sriov.VfStride, card.Sriov.VfDeviceId));
        Assert.Equal([16384UL, 16384UL], card.Sriov.Bars.OfType<Pci.Hardware.PciBar>().Select(bar => bar.Size));
        var function = (ReplicaFunction)card.Sriov.Create(0, _host.Services);
        Assert.Equal((0x8086, 0x10ca), (function.Identity.VendorId, function.Identity.DeviceId));
        Assert.Equal(uint.MaxValue, function.ReadConfig(0, 4));
        Assert.Equal(3, function.Msix!.Vectors);
        Assert.Equal(0u, function.ReadConfig(0x10, 4));
        Assert.Null(function.Bars[0]!.Memory); // there can be hundreds
        _host.Plug(function).WriteBar(3, 0x1000, 4, 7);
        Assert.Equal(7UL, function.ReadBar(3, 0x1000, 4));
    }

    [Fact]
    public void WithoutADumpOfOne_ThereAreNoVirtualFunctions() => Assert.Null(Machine("igb").Sriov);

    private ReplicaFunction Machine(string name, params (string Key, string Value)[] more)
    {
        var path = Path.Combine(Repository.Root, "test", "transcripts", "machines", name);
        var values = new Dictionary<string, string>
        {
            ["config"] = path + ".config",
            ["resource"] = path + ".resource",
            ["writable"] = path + ".writable",
        };
        foreach (var (key, value) in more)
        {
            values[key] = value;
        }

        var options = new DeviceOptions(values);
        Assert.True(ReplicaFaceReader.TryRead(options, out var face, out var error), error);
        return new ReplicaFunction(_host.Services, face);
    }
}
