using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory.Remote;

namespace Viaduct.Memory.Tests.Remote;

/// <summary>This process plays the client: what the kernel says of its address space is the same.</summary>
public sealed class RemoteMemoryTests : IDisposable
{
    private const ulong PageSize = 4096;

    private readonly RemoteMemory _memory = new(Environment.ProcessId, Environment.ProcessId, new NoDevices());
    private readonly MemoryMapping _mapping;

    public RemoteMemoryTests()
    {
        Assert.False(MemoryMapping.Allocate(4 * (nuint)PageSize, HugePageSize.None, out var mapping).IsError);
        _mapping = mapping!;
    }

    public void Dispose()
    {
        _memory.Dispose();
        _mapping.Dispose();
    }

    [Fact]
    public void Pin_SharedSealedFile_IsReachedInPlace()
    {
        Assert.Equal(SysResult.Success, _memory.Pin(_mapping.Address + PageSize, PageSize, writable: true, out var pinned));

        Assert.True(pinned.Source!.TryGetSpan(pinned.Offset, (int)PageSize, out var span));
        span[5] = 0xa5;
        Assert.Equal(0xa5, _mapping.GetSpan((nuint)PageSize + 5, 1)[0]);
        Assert.Equal(1UL, pinned.LockedPages);
        pinned.Source.Release(pinned);
    }

    [Fact]
    public void Pin_SharedFile_StaysWhenTheClientUnmapsIt()
    {
        Assert.False(MemoryMapping.Allocate((nuint)PageSize, HugePageSize.None, out var mapping).IsError);
        mapping!.GetSpan(0, 1)[0] = 7;
        Assert.Equal(SysResult.Success, _memory.Pin(mapping.Address, PageSize, writable: true, out var pinned));
        mapping.Dispose();

        var copy = new byte[1];
        Assert.True(pinned.Source!.TryRead(pinned.Offset, copy));
        Assert.Equal(7, copy[0]);
        pinned.Source.Release(pinned);
    }

    [Fact]
    public void Pin_NothingMapped_ReturnsEFAULT()
    {
        Assert.Equal(Errno.EFAULT, _memory.Pin(0, PageSize, writable: false, out var pinned).Errno);
        Assert.Equal(0UL, pinned.LockedPages);
    }

    [Fact]
    public void Pin_HoleBehindThreePages_ReturnsEFAULTAndCountsThem()
    {
        // the page behind the memory file's end is mapped, and has nothing behind it
        Assert.False(MemoryFile.Create("short", out var file).IsError);
        using var handle = new FileDescriptorHandle((int)file!.DangerousGetHandle());
        file.SetHandleAsInvalid();
        Assert.False(MemoryMapping.Map(handle, 0, 4 * (nuint)PageSize, canWrite: true, out var mapping).IsError);
        using (mapping)
        using (var grow = new FileStream($"/proc/self/fd/{handle.DangerousGetHandle()}", FileMode.Open, FileAccess.ReadWrite))
        {
            grow.SetLength(3 * (long)PageSize);
            Assert.Equal(Errno.EFAULT, _memory.Pin(mapping!.Address, 4 * PageSize, writable: true, out var pinned).Errno);
            Assert.Equal(3UL, pinned.LockedPages);
        }
    }

    [Fact]
    public void Disposed_NothingCanBeReached()
    {
        var address = _mapping.Address;
        _memory.Dispose();

        Assert.False(_memory.TryRead(address, new byte[1]));
        Assert.False(_memory.TryWrite(address, new byte[1]));
        Assert.Equal(Errno.EFAULT, _memory.Pin(address, PageSize, writable: false, out _).Errno);
    }

    [Fact]
    public void TryRead_AcrossTheEndOfAMapping_IsEFAULT()
    {
        Assert.True(_memory.TryRead(_mapping.Address, new byte[PageSize]));
        Assert.False(_memory.TryRead(0xfff, new byte[8]));
        Assert.True(_memory.TryRead(0, []));
    }
}
