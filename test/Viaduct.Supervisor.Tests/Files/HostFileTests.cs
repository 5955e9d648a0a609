using Microsoft.Win32.SafeHandles;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.Tests.Infrastructure;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Tests.Files;

public sealed class HostFileTests : IDisposable
{
    private const int O_PATH = 0x200000;

    private readonly SupervisedProcess _process = new(
        Environment.ProcessId, Environment.ProcessId, new NoDevices(), enforceMemlock: false, new LockedMemory());
    private readonly List<SafeFileHandle> _handles = [];

    public void Dispose()
    {
        _handles.ForEach(handle => handle.Dispose());
        _process.Dispose();
    }

    [Fact]
    public void Open_OfThisProcess_SaysWhatItIs()
    {
        using var zero = Open(OpenPath("/dev/zero", 0))!;
        Assert.Equal("/dev/zero", zero.LinkName);
        Assert.Equal(new DeviceNumber(1, 5), zero.DeviceNumber);
        using var memory = Open(NewFile())!;
        Assert.StartsWith("/memfd:here", memory.LinkName, StringComparison.Ordinal);
        Assert.Null(memory.DeviceNumber);
    }

    [Fact]
    public void Open_NothingThatCanBeUsed_ReturnsNull()
    {
        Assert.Null(HostFile.Open(_process, _process.Id, -1));
        Assert.Null(HostFile.Open(_process, _process.Id, int.MaxValue));
        Assert.Null(Open(OpenPath("/dev/zero", O_PATH)));
    }

    [Fact]
    public void IsSame_ADuplicate_IsTheSameFileAndAnotherIsNot()
    {
        Assert.False(EventFdRegistry.IsNeeded, "pidfd_getfd is forbidden here");
        var first = NewFile();
        Assert.False(MemoryFile.Duplicate(first, out var copy).IsError);
        _handles.Add(copy!);
        using var file = Open(first)!;
        using var reference = file.Remember();
        using var again = Open(first)!;
        using var duplicate = Open(copy!)!;
        using var other = Open(NewFile())!;
        Assert.True(reference.IsSame(again));
        Assert.True(reference.IsSame(duplicate));
        Assert.False(reference.IsSame(other));
    }

    [Fact]
    public void IsSame_WithoutReferences_GoesByTheNumber()
    {
        using var reference = new HostFileReference(_process, 7, handle: null);
        var first = NewFile();
        using var other = Open(first)!;
        Assert.False(reference.IsSame(other));
        using var same = new HostFileReference(_process, other.Number, handle: null);
        Assert.True(same.IsSame(other));
    }

    private HostFile? Open(SafeFileHandle handle) => HostFile.Open(_process, _process.Id, (int)handle.DangerousGetHandle());

    private SafeFileHandle NewFile()
    {
        Assert.False(MemoryFile.Create("here", out var file).IsError);
        _handles.Add(file!);
        return file!;
    }

    private SafeFileHandle OpenPath(string path, int flags)
    {
        Assert.False(MemoryFile.Open(path, flags, out var file).IsError);
        _handles.Add(file!);
        return file!;
    }
}
