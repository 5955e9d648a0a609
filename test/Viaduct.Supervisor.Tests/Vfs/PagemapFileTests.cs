using Viaduct.Abi;
using Viaduct.Iommu.NoIommu;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.Supervisor.Vfs;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Tests.Vfs;

/// <summary>The host's pagemap of this process, with frames of ours; the golden pagemap has what clients see.</summary>
public sealed class PagemapFileTests : IDisposable
{
    private const ulong PageSize = 4096;
    private const ulong Present = 1UL << 63;
    private const ulong Frame = (1UL << 55) - 1;

    private readonly LocalBuffer _buffer = new(2 * LocalBuffer.Alignment);
    private readonly LocalMemory _memory = new();
    private readonly LocalRange _range;
    private readonly LocalCaller _caller;
    private readonly PhysicalMemory _physical = new();

    public PagemapFileTests()
    {
        _range = _memory.Register(_buffer);
        _caller = new LocalCaller(_memory);
        Assert.True(_memory.TryWrite(_buffer.Address, [1]));
    }

    private ulong Position => _buffer.Address / PageSize * sizeof(ulong);

    public void Dispose()
    {
        _range.Dispose();
        _buffer.Dispose();
    }

    [Fact]
    public void A_page_that_is_there_has_the_frame_that_devices_know()
    {
        using var opened = new Opened(_memory, _physical);
        Assert.Equal(8, opened.File.Read(_caller, _buffer.Address, 8, Position).Raw);
        Assert.True(_memory.TryRead(_buffer.Address, out ulong entry));
        Assert.True(_physical.TryGetAddress(_memory, _buffer.Address, out var address));
        Assert.Equal(Present, entry & Present);
        Assert.Equal(address / PageSize, entry & Frame);
    }

    [Fact]
    public void Who_may_not_see_frames_sees_zero()
    {
        using var opened = new Opened(_memory, physical: null);
        Assert.Equal(8, opened.File.Read(_caller, _buffer.Address, 8, Position).Raw);
        Assert.True(_memory.TryRead(_buffer.Address, out ulong entry));
        Assert.Equal((Present, 0UL), (entry & Present, entry & Frame));
    }

    [Fact]
    public void A_page_that_is_not_there_is_the_hosts_to_tell_of()
    {
        using var opened = new Opened(_memory, _physical);
        Assert.Equal(8, opened.File.Read(_caller, _buffer.Address, 8, 8).Raw);
        Assert.True(_memory.TryRead(_buffer.Address, out ulong entry));
        Assert.Equal(0UL, entry & (Present | Frame));
    }

    [Fact]
    public void Bad_arguments_are_refused_as_the_host_does()
    {
        using var opened = new Opened(_memory, _physical);
        Assert.Equal(Errno.EINVAL, opened.File.Read(_caller, _buffer.Address, 12, Position).Errno);
        Assert.Equal(Errno.EINVAL, opened.File.Read(_caller, _buffer.Address, (2 * PageSize) - 4, Position).Errno);
        Assert.True(_memory.TryRead(_buffer.Address, out ulong untouched));
        Assert.Equal(1UL, untouched);
        Assert.Equal(Errno.EINVAL, opened.File.Read(_caller, _buffer.Address, 8, Position + 4).Errno);
        Assert.Equal(Errno.EFAULT, opened.File.Read(_caller, 8, 8, Position).Errno);
        Assert.Equal(0, opened.File.Read(_caller, 8, 0, Position).Raw);
        Assert.Equal(0, opened.File.Read(_caller, _buffer.Address, 8, 1UL << 60).Raw);
    }

    [Theory]
    [InlineData(24, 0, 100, 24, 24)]
    [InlineData(-8, 1, 24, 16, 16)]
    [InlineData(0, 2, 24, -22, 24)]
    [InlineData(0, 9, 24, -22, 24)]
    public void It_can_be_sought_in(long offset, int whence, ulong from, long expected, ulong left)
    {
        var position = from;
        Assert.Equal(expected, PagemapFile.Seek(offset, whence, ref position).Raw);
        Assert.Equal(left, position);
    }

    private sealed class Opened : IDisposable
    {
        public Opened(LocalMemory memory, PhysicalMemory? physical)
        {
            const string Path = "/proc/self/pagemap";
            Assert.False(FileStatus.Get(FileStatus.AT_FDCWD, Path, 0, out var status).IsError);
            Assert.False(FileCalls.Open(Path, OpenFlags.O_RDONLY, out var host).IsError);
            File = new PagemapFile(host, status, Path, memory, physical);
        }

        public PagemapFile File { get; }

        public void Dispose() => File.Release();
    }
}
