using Viaduct.Devices.Tests.Infrastructure;
using Viaduct.Pci.Hardware;
using static Viaduct.Devices.Tests.Infrastructure.NvmeHost;

namespace Viaduct.Devices.Tests.Nvme;

/// <summary>A controller that is stopped for a while.</summary>
public sealed class NvmePauseTests : IDisposable
{
    private readonly SlowStorage _disk = new(1 << 20);
    private readonly NvmeHost _nvme;
    private readonly NvmeQueue _queue;

    public NvmePauseTests()
    {
        _nvme = new NvmeHost(_disk);
        _nvme.EnableMsix();
        _nvme.Enable();
        _queue = _nvme.AddQueue(vector: 1);
    }

    public void Dispose() => _disk.Dispose();

    [Fact]
    public void Pause_BeforeACommand_KeepsItForLater()
    {
        var read = _queue.Submit(NvmeEntry.Read(0, 1, Data));
        Assert.True(_nvme.Function.TryPause());
        _nvme.Run();
        Assert.Equal(0, _disk.Reads);
        Assert.False(_queue.TryTake(out _));
        _nvme.Function.Resume();
        _nvme.Run();
        Assert.True(_queue.TryTake(out var reply));
        Assert.Equal((read, 1), (reply.Identifier, _disk.Reads));
    }

    [Fact]
    public void Pause_WithinATurn_IsNotYet()
    {
        var results = new List<bool>();
        _nvme.Host.Memory.Accessing = (_, _, _) => results.Add(_nvme.Function.TryPause());
        _queue.Submit(NvmeEntry.Read(0, 1, Data));
        _nvme.RunEngine();
        _nvme.Host.Memory.Accessing = null;
        Assert.DoesNotContain(true, results);
        Assert.NotEmpty(results);
        Assert.True(_nvme.Function.TryPause());
        _nvme.Function.Resume();
        _nvme.Run();
        Assert.True(_queue.TryTake(out _));
        Assert.Equal(0, _queue.Do(NvmeEntry.Read(0, 1, Data)).Status);
    }

    [Fact]
    public void Pause_OfAJobInTheBackground_HoldsIt()
    {
        var flush = _queue.Submit(NvmeEntry.OfBlocks(0x00, 0, 1));
        _nvme.RunEngine();
        Assert.True(_nvme.Function.TryPause());
        _nvme.Run();
        Assert.Equal(0, _disk.Flushes);
        _nvme.Function.Resume();
        _nvme.Run();
        Assert.True(_queue.TryTake(out var reply));
        Assert.Equal((flush, 1), (reply.Identifier, _disk.Flushes));
    }

    [Fact]
    public void Reset_WhilePaused_EndsWhatWaited()
    {
        _queue.Submit(NvmeEntry.OfBlocks(0x00, 0, 1));
        _nvme.RunEngine();
        Assert.True(_nvme.Function.TryPause());
        _nvme.Run();
        _nvme.Function.Reset(PciResetKind.Function);
        Assert.False(_nvme.Function.TryPause());
        _nvme.Run();
        Assert.True(_nvme.Function.TryPause());
        Assert.Equal((0, 0u), (_disk.Flushes, _nvme.Status));
        _nvme.Function.Resume();
        _nvme.Function.WriteConfig(4, 2, 6);
        Assert.Equal(0, _nvme.Start().Do(NvmeEntry.Read(0, 1, Data)).Status);
    }

    [Fact]
    public void Resume_WhereItWas_InterruptsNobody()
    {
        _queue.Do(NvmeEntry.Read(0, 1, Data));
        var before = _nvme.Host.Interrupts.Messages;
        Assert.True(_nvme.Function.TryPause());
        _nvme.Function.Resume();
        _nvme.Run();
        Assert.Equal(before, _nvme.Host.Interrupts.Messages);
    }
}
