using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Tests.Infrastructure;

namespace Viaduct.Supervisor.Tests.Files;

public sealed class OpenFileTableTests : IDisposable
{
    private const int O_RDWR = 2;

    private readonly OpenFileTable _table = new(new RunStatistics(), _ => { });

    public void Dispose() => _table.Dispose();

    [Fact]
    public void ReleaseClosed_LastDescriptionClosed_ReleasesTheFile()
    {
        var file = new ProbeFile();
        var handle = Create(file);
        Assert.Same(file, _table.Find(file.Identity));
        _table.ReleaseClosed();
        Assert.False(file.IsReleased);
        handle.Dispose();
        _table.ReleaseClosed();
        Assert.True(file.IsReleased);
        Assert.Null(_table.Find(file.Identity));
    }

    [Fact]
    public void ReleaseClosed_AnotherThreadIsReleasing_WaitsForIt()
    {
        var overtook = false;
        Thread? second = null;
        var file = new ProbeFile(() =>
        {
            second = new Thread(_table.ReleaseClosed);
            second.Start();
            SpinWait.SpinUntil(() => (second.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) != 0);
            overtook = (second.ThreadState & ThreadState.Stopped) != 0;
        });
        Create(file).Dispose();
        _table.ReleaseClosed();
        second!.Join();
        Assert.False(overtook);
    }

    [Fact]
    public void Create_EmptyFile_CannotBeGivenMemory()
    {
        using var handle = Create(new ProbeFile());
        Assert.Throws<UnauthorizedAccessException>(() => RandomAccess.Write(handle, [1], 0));
        Assert.Throws<UnauthorizedAccessException>(() => RandomAccess.SetLength(handle, 4096));
        Assert.Equal(0, RandomAccess.GetLength(handle));
    }

    [Fact]
    public void Create_Content_IsRead()
    {
        Assert.Equal(SysResult.Success, _table.Create(new ProbeFile(), 0, "text"u8, out var handle));
        using (handle)
        {
            var bytes = new byte[8];
            Assert.Equal(4, RandomAccess.Read(handle!, bytes, 0));
            Assert.Equal("text"u8, bytes.AsSpan(0, 4));
        }
    }

    [Fact]
    public void Abandon_NoClientGotIt_IsForgottenAndNotReleased()
    {
        var file = new ProbeFile();
        using var handle = Create(file);
        _table.Abandon(file);
        handle.Dispose();
        _table.ReleaseClosed();
        Assert.False(file.IsReleased);
        Assert.Null(_table.Find(file.Identity));
    }

    [Fact]
    public void ReleaseAll_ReleasesWhatIsOpen()
    {
        var file = new ProbeFile();
        using var handle = Create(file);
        _table.ReleaseAll();
        Assert.True(file.IsReleased);
    }

    [Fact]
    public void Find_AFileOfTheHost_IsNull()
    {
        Assert.False(FileIdentity.Get("/dev/null", out var identity).IsError);
        Assert.Null(_table.Find(identity));
        Assert.False(_table.TryFind(identity, out _));
    }

    private SafeFileHandle Create(OpenFile file)
    {
        Assert.Equal(SysResult.Success, _table.Create(file, O_RDWR, default, out var handle));
        return handle!;
    }
}
