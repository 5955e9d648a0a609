using Viaduct.Memory;
using Viaduct.Supervisor.Filter;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.Tests.Infrastructure;

namespace Viaduct.Supervisor.Tests.Processes;

public sealed class SupervisedProcessTests : IDisposable
{
    private const int Ours = SupervisorFilter.FirstDescriptor;

    private readonly SupervisedProcess _process = new(
        Environment.ProcessId, Environment.ProcessId, new NoDevices(), enforceMemlock: false, new LockedMemory());
    private readonly ProbeFile _file = new();

    public void Dispose() => _process.Dispose();

    [Fact]
    public void SetInstalled_NumberOfOurRange_IsKnownUntilClosed()
    {
        _process.SetInstalled(Ours, _file);
        Assert.True(_process.TryGetKnown(Ours, out var known));
        Assert.Same(_file, known);
        _process.SetClosed(Ours);
        Assert.True(_file.WasClosed);
        Assert.False(_process.TryGetKnown(Ours, out _));
        _process.SetSeen(Ours, _file);
        Assert.False(_process.TryGetKnown(Ours, out _)); // what was asked before the close may be said after it
        _process.SetInstalled(Ours, _file);
        Assert.True(_process.TryGetKnown(Ours, out _));
    }

    [Fact]
    public void SetSeen_NumberBelowOurRange_IsAskedForEachTime()
    {
        _process.SetSeen(Ours - 1, _file);
        Assert.False(_process.TryGetKnown(Ours - 1, out _));
        _process.SetInstalled(Ours - 1, _file);
        Assert.False(_process.TryGetKnown(Ours - 1, out _));
    }

    [Fact]
    public void SetClosed_Range_TakesItsEnds()
    {
        for (var fd = Ours; fd < Ours + 4; fd++)
        {
            _process.SetInstalled(fd, _file);
        }

        _process.SetClosed((uint)Ours + 1, (uint)Ours + 2);
        Assert.Equal(
            [true, false, false, true], Enumerable.Range(Ours, 4).Select(fd => _process.TryGetKnown(fd, out _)));
    }

    [Fact]
    public void TryGetKnown_ReleasedFile_IsUnknown()
    {
        _process.SetInstalled(Ours, _file);
        _file.Release();
        Assert.False(_process.TryGetKnown(Ours, out _));
    }

    [Fact]
    public void OnExec_ForgetsDescriptorsAndMemory()
    {
        _process.SetInstalled(Ours, _file);
        var memory = _process.Memory;
        _process.RunsGuests = true;
        _process.OnExec();
        Assert.False(_process.RunsGuests);
        Assert.False(_process.TryGetKnown(Ours, out _));
        Assert.NotSame(memory, _process.Memory);
        Assert.False(memory.TryRead(0, new byte[1]));
    }
}
