using System.Globalization;
using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory.Remote;

namespace Viaduct.Memory.Tests.Remote;

/// <summary>This process plays the client, so that its mappings of a file are the client's and ours.</summary>
public sealed class SharedFileWindowsTests : IDisposable
{
    private const int Pages = 64;
    private const ulong PageSize = 4096;
    private const ulong LargeSize = 4UL << 20;

    private readonly RemoteMemory _memory = new(Environment.ProcessId, Environment.ProcessId, new NoDevices());
    private readonly MemoryMapping _client;
    private readonly string _inode;

    public SharedFileWindowsTests()
    {
        Assert.False(MemoryMapping.Allocate((nuint)LargeSize, HugePageSize.None, out var mapping).IsError);
        _client = mapping!;
        var start = _client.Address.ToString("x", CultureInfo.InvariantCulture);
        _inode = Maps().Single(line => line[0].StartsWith(start + "-", StringComparison.Ordinal))[4];
    }

    public void Dispose()
    {
        _memory.Dispose();
        _client.Dispose();
    }

    [Fact]
    public void PagesOfOneFile_HaveOneMapping_UntilTheLastIsReleased()
    {
        var pinned = Enumerable.Range(0, Pages).Select(page => Pin((ulong)page * PageSize, PageSize)).ToList();
        Assert.Equal(2, Mappings());
        _client.GetSpan(7 * (nuint)PageSize, 1)[0] = 0x77;
        Assert.True(pinned[7].Source!.TryGetSpan(pinned[7].Offset, 1, out var span));
        Assert.Equal(0x77, span[0]);
        foreach (var one in pinned[1..])
        {
            one.Source!.Release(one);
        }

        Assert.Equal(2, Mappings());
        pinned[0].Source!.Release(pinned[0]);
        Assert.Equal(1, Mappings());
    }

    [Fact]
    public void PagesForReading_HaveAnotherMapping()
    {
        var written = Pin(0, PageSize);
        Assert.Equal(SysResult.Success, _memory.Pin(_client.Address, PageSize, writable: false, out var read));
        Assert.Equal(3, Mappings());
        written.Source!.Release(written);
        read.Source!.Release(read);
        Assert.Equal(1, Mappings());
    }

    [Fact]
    public void LargeRange_HasAMappingOfItsOwn()
    {
        var page = Pin(0, PageSize);
        var all = Pin(0, LargeSize);
        Assert.Equal(3, Mappings());
        Assert.NotSame(page.Source, all.Source);
        all.Source!.Release(all);
        page.Source!.Release(page);
        Assert.Equal(1, Mappings());
    }

    [Fact]
    public void AreasThatGoOn_AreOneRange_ReleasedOnce()
    {
        const int ReadWriteExecute = 7, ReadWrite = 3;
        Assert.Equal(0, Protect((nint)_client.Address + (nint)PageSize, (nint)PageSize, ReadWriteExecute));
        var pinned = Pin(0, 3 * PageSize);
        Assert.True(pinned.Source!.TryGetSpan(pinned.Offset, 3 * (int)PageSize, out _));
        pinned.Source.Release(pinned);
        Assert.Equal(0, Protect((nint)_client.Address + (nint)PageSize, (nint)PageSize, ReadWrite));
        Assert.Equal(1, Mappings());
    }

    [Fact]
    public void FileThatShrinks_IsNotReadAnyMore_AndNobodyDies()
    {
        Assert.False(MemoryFile.Create("shrinks", out var file).IsError);
        using var handle = new FileDescriptorHandle((int)file!.DangerousGetHandle());
        file.SetHandleAsInvalid();
        using var stream = new FileStream($"/proc/self/fd/{handle.DangerousGetHandle()}", FileMode.Open, FileAccess.ReadWrite);
        stream.SetLength(2 * (long)PageSize);
        Assert.False(MemoryMapping.Map(handle, 0, 2 * (nuint)PageSize, canWrite: true, out var mapping).IsError);
        using (mapping)
        {
            Assert.Equal(SysResult.Success, _memory.Pin(mapping!.Address + PageSize, PageSize, writable: true, out var pinned));
            Assert.False(pinned.Source!.TryGetSpan(pinned.Offset, 1, out _));
            Assert.True(pinned.Source.TryRead(pinned.Offset, new byte[1]));
            stream.SetLength((long)PageSize);
            Assert.False(pinned.Source.TryRead(pinned.Offset, new byte[1]));
            Assert.False(pinned.Source.TryWrite(pinned.Offset, new byte[1]));
            pinned.Source.Release(pinned);
        }
    }

    private static IEnumerable<string[]> Maps()
        => File.ReadAllLines("/proc/self/maps").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

#pragma warning disable SYSLIB1054 // what it generates is unsafe code, which is allowed elsewhere only
    [DllImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Protect(nint address, nint length, int protection);
#pragma warning restore SYSLIB1054

    // Adjacent areas of one mapping count as one: nothing else is split here when it is asked.
    private int Mappings() => Maps().Count(line => line[4] == _inode);

    private PinnedRange Pin(ulong offset, ulong size)
    {
        Assert.Equal(SysResult.Success, _memory.Pin(_client.Address + offset, size, writable: true, out var pinned));
        return pinned;
    }
}
