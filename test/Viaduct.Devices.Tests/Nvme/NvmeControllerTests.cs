using Viaduct.Devices.Nvme;
using Viaduct.Devices.Nvme.Storage;
using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>Registers, and the controller's life.</summary>
public sealed class NvmeControllerTests
{
    private const uint Ready = 1;
    private const uint Fatal = 2;
    private const uint ShutdownComplete = 8;

    private readonly NvmeHost _nvme = new();

    [Fact]
    public void Registers_AfterPowerOn_SayWhatTheControllerIs()
    {
        Assert.Equal(0x0840_0820_2801_0fffUL, _nvme.Function.ReadBar(0, 0, 8));
        Assert.Equal(0x2801_0fffUL, _nvme.Function.ReadBar(0, 0, 4));
        Assert.Equal(0x0002_0000UL, _nvme.Function.ReadBar(0, 8, 4));
        Assert.Equal(40UL, _nvme.Function.ReadBar(0, 0x68, 4));
        Assert.Equal(0u, _nvme.Status);
        Assert.Equal(0x010802u, _nvme.Function.ReadConfig(9, 3));
        Assert.Equal(65, _nvme.Function.Msix!.Vectors);
    }

    [Theory]
    [InlineData(NvmeHost.EnableBits)]
    [InlineData(0x0000_0001u)]
    [InlineData(NvmeHost.EnableBits | (6u << 4))]
    [InlineData(NvmeHost.EnableBits | (4u << 7))]
    public void Enable_WhatCapabilitiesHave_IsReady(uint configuration)
    {
        _nvme.Enable(configuration);
        Assert.Equal(Ready, _nvme.Status);
    }

    [Theory]
    [InlineData(NvmeHost.EnableBits | (5u << 7))]
    [InlineData(NvmeHost.EnableBits | (1u << 4))]
    [InlineData(NvmeHost.EnableBits | (7u << 4))]
    [InlineData(NvmeHost.EnableBits | (1u << 11))]
    [InlineData(0x0045_0001u)]
    [InlineData(0x0036_0001u)]
    public void Enable_WhatCapabilitiesHaveNot_IsFatalUntilDisabled(uint configuration)
    {
        _nvme.Enable(configuration);
        Assert.Equal(Fatal, _nvme.Status);
        Assert.Single(_nvme.Host.Mistakes.Mistakes);
        _nvme.Disable();
        Assert.Equal(0u, _nvme.Status);
        _nvme.Enable();
        Assert.Equal(Ready, _nvme.Status);
    }

    [Fact]
    public void Enable_AdminQueueOfOneEntry_IsFatal()
    {
        _nvme.Function.WriteBar(0, 0x24, 4, 0);
        _nvme.Function.WriteBar(0, 0x14, 4, NvmeHost.EnableBits);
        _nvme.Run();
        Assert.Equal(Fatal, _nvme.Status);
    }

    [Fact]
    public void Enable_QueuesThatCannotBeReached_IsFatalAtTheFirstCommand()
    {
        _nvme.Enable();
        _nvme.Disable();
        _nvme.Function.WriteBar(0, 0x28, 8, 0x7000_0000);
        _nvme.Function.WriteBar(0, 0x14, 4, NvmeHost.EnableBits);
        _nvme.Run();
        Assert.Equal(Ready, _nvme.Status);
        _nvme.Function.WriteBar(0, 0x1000, 4, 1);
        _nvme.Run();
        Assert.Equal(Fatal, _nvme.Status);
    }

    [Fact]
    public void Disable_WithQueues_ForgetsThemAndKeepsAdminRegisters()
    {
        _nvme.Start();
        _nvme.Function.WriteBar(0, 0x0c, 4, 0xf0);
        _nvme.Disable();
        Assert.Equal(0u, _nvme.Status);
        Assert.Equal(0UL, _nvme.Function.ReadBar(0, 0x14, 4));
        Assert.Equal(0UL, _nvme.Function.ReadBar(0, 0x0c, 4));
        Assert.Equal(NvmeHost.AdminSubmissions, _nvme.Function.ReadBar(0, 0x28, 8));
        Assert.Equal(0x001f_001fUL, _nvme.Function.ReadBar(0, 0x24, 4));
        _nvme.Enable();
        Assert.Equal(0x101, _nvme.Command(0x00, dword10: 1).Status);
    }

    [Fact]
    public void Disable_BetweenCommands_LeavesTheRestUnfetched()
    {
        var queue = _nvme.Start();
        for (var i = 0; i < 8; i++)
        {
            queue.Put(NvmeEntry.Read(0, 8, NvmeHost.Data));
        }

        var reads = 0;
        _nvme.Host.Memory.Accessing = (offset, length, isWrite) =>
        {
            if (isWrite && length == 4096 && ++reads == 3)
            {
                _nvme.Function.WriteBar(0, 0x14, 4, 0);
            }
        };
        queue.Ring();
        _nvme.Run();
        Assert.Equal(3, reads);
        Assert.Equal(0u, _nvme.Status);
    }

    [Fact]
    public void Reset_DuringACommand_EndsWithItAndStartsAnew()
    {
        var queue = _nvme.Start();
        queue.Put(NvmeEntry.Read(0, 8, NvmeHost.Data));
        queue.Put(NvmeEntry.Read(0, 8, NvmeHost.Data + 4096));
        var resets = 0;
        var accesses = 0;
        _nvme.Host.Memory.Accessing = (offset, length, isWrite) =>
        {
            accesses++;
            if (isWrite && length == 4096 && resets++ == 0)
            {
                _nvme.Function.Reset(PciResetKind.Function);
                accesses = 0;
            }
        };
        queue.Ring();
        _nvme.Run();
        Assert.Equal(1, resets);
        Assert.Equal(0, accesses);
        Assert.Equal(0u, _nvme.Status);
        _nvme.Host.Memory.Accessing = null;
        _nvme.Function.WriteConfig(4, 2, 6);
        _nvme.Start();
        Assert.Equal(Ready, _nvme.Status);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    public void Shutdown_NormalOrAbrupt_IsCompleteAndFetchesNothing(uint kind)
    {
        var queue = _nvme.Start();
        _nvme.Function.WriteBar(0, 0x14, 4, NvmeHost.EnableBits | (kind << 14));
        _nvme.Run();
        Assert.Equal(Ready | ShutdownComplete, _nvme.Status);
        queue.Submit(NvmeEntry.Read(0, 1, NvmeHost.Data));
        _nvme.Run();
        Assert.False(queue.TryTake(out _));
        _nvme.Disable();
        Assert.Equal(0u, _nvme.Status);
        _nvme.Start();
        Assert.Equal(Ready, _nvme.Status);
    }

    [Fact]
    public void Shutdown_WithFiles_WaitsUntilTheyAreDurable()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        nvme.Start();
        nvme.Function.WriteBar(0, 0x14, 4, NvmeHost.EnableBits | (1u << 14));
        nvme.RunEngine();
        Assert.Equal(Ready | 4, nvme.Status);
        nvme.Run();
        Assert.Equal(1, disk.Flushes);
        Assert.Equal(Ready | ShutdownComplete, nvme.Status);
    }

    [Fact]
    public void Disable_WhatHasNotBegunInTheBackground_NeverDoes()
    {
        using var disk = new SlowStorage(1 << 20);
        var nvme = new NvmeHost(disk);
        var queue = nvme.Start();
        queue.Submit(NvmeEntry.OfBlocks(0x00, 0, 1));
        nvme.RunEngine();
        nvme.Function.WriteBar(0, 0x14, 4, 0);
        nvme.RunEngine();
        Assert.Equal(0u, nvme.Status);
        nvme.Run();
        Assert.Equal(0, disk.Flushes);
        Assert.False(queue.TryTake(out _));
        nvme.Enable();
        Assert.Equal(Ready, nvme.Status);
    }

    [Fact]
    public void Doorbells_BeforeReady_AreIgnoredAndTold()
    {
        _nvme.Function.WriteBar(0, 0x1000, 4, 1);
        _nvme.Function.WriteBar(0, 0x1004, 4, 1);
        _nvme.Run();
        Assert.Equal(2, _nvme.Host.Mistakes.Mistakes.Count);
        _nvme.Enable();
        Assert.Equal(Ready, _nvme.Status);
    }

    [Fact]
    public void Create_OptionsOutOfRange_Throws()
    {
        var services = _nvme.Services;
        NvmeStorage[] one = [new RamStorage(4096)];
        var good = new NvmeOptions { Serial = "A" };
        Assert.Throws<ArgumentException>(() => new NvmeFunction(services, good with { Queues = 0 }, one));
        Assert.Throws<ArgumentException>(() => new NvmeFunction(services, good with { Queues = 65 }, one));
        Assert.Throws<ArgumentException>(() => new NvmeFunction(services, good with { Serial = "A B" }, one));
        Assert.Throws<ArgumentException>(() => new NvmeFunction(services, good with { BlockSize = 1024 }, one));
        Assert.Throws<ArgumentException>(() => new NvmeFunction(services, good, []));
        Assert.Throws<ArgumentException>(() => new NvmeFunction(services, good, [new RamStorage(512)]));
    }
}
