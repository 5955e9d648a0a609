using System.Buffers.Binary;
using System.Text;
using Viaduct.Abi;
using Viaduct.Linux.Seccomp;
using Viaduct.Memory;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.Syscalls;
using Viaduct.Supervisor.Tests.Infrastructure;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Tests.Syscalls;

public sealed class DirectoryEntriesTests : IDisposable
{
    private readonly SupervisedProcess _process = new(
        Environment.ProcessId, Environment.ProcessId, new NoDevices(), enforceMemlock: false, new LockedMemory());
    private readonly string _host = Directory.CreateTempSubdirectory("viaduct").FullName;
    private readonly SysfsTree _tree = new();

    public void Dispose()
    {
        _process.Dispose();
        Directory.Delete(_host, recursive: true);
    }

    [Fact]
    public void Write_DirectoryOfBoth_ListsBothAndOursOnce()
    {
        File.WriteAllText(_host + "/file", "");
        Directory.CreateDirectory(_host + "/both");
        File.CreateSymbolicLink(_host + "/link", "file");
        _tree.Add(_host + "/both", new SysfsLink("x"));
        _tree.Add(_host + "/ours", SysfsAttribute.Text(""));
        var open = new OpenDirectory(_host, _tree.AddDirectory(_host));
        Assert.Equal(["..:4", ".:4", "both:10", "file:8", "link:10", "ours:8"], List(open, 4096));
    }

    [Fact]
    public void Write_OpaqueDirectory_ListsOursOnly()
    {
        File.WriteAllText(_host + "/file", "");
        _tree.Add(_host + "/ours", SysfsAttribute.Text(""));
        Assert.Equal(["..:4", ".:4", "ours:8"], List(new OpenDirectory(_host, _tree.AddDirectory(_host, opaque: true)), 4096));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(55)]
    public void Write_SmallBuffer_GoesOnWhereItStopped(int size)
    {
        _tree.Add(_host + "/ours", SysfsAttribute.Text(""));
        var open = new OpenDirectory(_host, _tree.AddDirectory(_host, opaque: true));
        Assert.Equal(["..:4", ".:4", "ours:8"], List(open, size));
    }

    [Fact]
    public void Write_BufferForNoEntry_ReturnsEINVAL()
    {
        var open = new OpenDirectory(_host, _tree.AddDirectory(_host, opaque: true));
        Assert.Equal(Errno.EINVAL, Read(open, new byte[23]).Errno);
        Assert.Equal(0, open.Position);
    }

    [Fact]
    public void Write_Rewound_SeesWhatTheHostHasNow()
    {
        var open = new OpenDirectory(_host, _tree.AddDirectory(_host));
        Assert.Equal(["..:4", ".:4"], List(open, 4096));
        File.WriteAllText(_host + "/new", "");
        Assert.Equal(0, Read(open, new byte[4096]).Raw);
        open.Position = 0;
        Assert.Equal(["..:4", ".:4", "new:8"], List(open, 4096));
    }

    private string[] List(OpenDirectory open, int size)
    {
        var entries = new List<string>();
        var buffer = new byte[size];
        while (Read(open, buffer) is { Raw: > 0 } read)
        {
            for (var at = 0; at < read.Raw; at += BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16)))
            {
                var name = buffer.AsSpan(at + 19);
                entries.Add($"{Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)])}:{buffer[at + 18]}");
            }
        }

        entries.Sort(StringComparer.Ordinal);
        return [.. entries];
    }

    private unsafe SysResult Read(OpenDirectory open, byte[] buffer)
    {
        fixed (byte* address = buffer)
        {
            var data = new SeccompData { Arg1 = (ulong)address, Arg2 = (ulong)buffer.Length };
            var outcome = DirectoryEntries.Write(new Call(in data, _process, Environment.ProcessId), open, wide: true);
            Assert.False(outcome.IsHost);
            return outcome.Result;
        }
    }
}
