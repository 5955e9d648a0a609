using System.Diagnostics;
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
        var first = NewFile();
        Assert.False(MemoryFile.Duplicate(first, out var copy).IsError);
        _handles.Add(copy!);
        using var file = Open(first)!;
        using var reference = file.Remember();
        using var again = Open(first)!;
        using var duplicate = Open(copy!)!;
        using var other = Open(NewFile())!;
        Assert.True(reference.IsSame(again));
        Assert.Equal(!EventFdRegistry.IsNeeded, reference.IsSame(duplicate)); // without pidfd_getfd a number is all that is known
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

    [Fact]
    public void IsSame_WithoutReferences_ANumberThatWasFreeIsAnotherFile()
    {
        // Descriptor 9 of a shell: open, closed, and open again; it says when.
        var start = new ProcessStartInfo("sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec 9</dev/null; echo; read x; exec 9<&-; echo; read x; exec 9</dev/null; echo; read x");
        using var shell = Process.Start(start)!;
        using var process = new SupervisedProcess(shell.Id, shell.Id, new NoDevices(), enforceMemlock: false, new LockedMemory());
        using var reference = new HostFileReference(process, 9, handle: null);
        shell.StandardOutput.ReadLine();
        reference.OnOpening();
        Assert.True(IsSame());
        shell.StandardInput.WriteLine();
        shell.StandardOutput.ReadLine();
        reference.OnOpening();
        shell.StandardInput.WriteLine();
        shell.StandardOutput.ReadLine();
        Assert.False(IsSame());
        shell.StandardInput.WriteLine();
        shell.WaitForExit();

        bool IsSame()
        {
            using var file = HostFile.Open(process, process.Id, 9)!;
            return reference.IsSame(file);
        }
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
