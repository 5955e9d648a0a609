using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Memory.Tests;

public sealed class LocalMemoryTests : IDisposable
{
    private const int Page = LocalBuffer.Alignment;

    private readonly LocalMemory _memory = new();
    private readonly LocalBuffer _buffer = new(4 * Page);

    public void Dispose() => _buffer.Dispose();

    [Fact]
    public void TryRead_InsideRange_CopiesBytes()
    {
        using var range = _memory.Register(_buffer);
        _buffer.Span[10] = 0xab;
        _buffer.Span[11] = 0xcd;

        var bytes = new byte[2];

        Assert.True(_memory.TryRead(_buffer.Address + 10, bytes));
        Assert.Equal([0xab, 0xcd], bytes);
    }

    [Fact]
    public void TryWrite_InsideRange_CopiesBytes()
    {
        using var range = _memory.Register(_buffer);

        Assert.True(_memory.TryWrite(range.Last - 1, [1, 2]));
        Assert.Equal([1, 2], _buffer.Span[^2..].ToArray());
    }

    [Fact]
    public void TryRead_Structure_RoundTrips()
    {
        using var range = _memory.Register(_buffer);

        Assert.True(_memory.TryWrite(_buffer.Address + 3, 0x1122334455667788UL));
        Assert.True(_memory.TryRead(_buffer.Address + 3, out ulong value));
        Assert.Equal(0x1122334455667788UL, value);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(-1, 2)]
    [InlineData(4 * Page, 1)]
    [InlineData((4 * Page) - 1, 2)]
    [InlineData(0, (4 * Page) + 1)]
    public void Copies_BeyondRange_Fail(long offset, int length)
    {
        using var range = _memory.Register(_buffer);
        var address = _buffer.Address + (ulong)offset;

        Assert.False(_memory.TryRead(address, new byte[length]));
        Assert.False(_memory.TryWrite(address, new byte[length]));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(0xffff_8000_0000_0000UL)]
    public void Copies_WhereNothingIsRegistered_Fail(ulong address)
    {
        using var range = _memory.Register(_buffer);

        Assert.False(_memory.TryRead(address, new byte[16]));
        Assert.False(_memory.TryWrite(address, new byte[16]));
    }

    [Fact]
    public void Copies_OfNothing_Succeed()
    {
        Assert.True(_memory.TryRead(0, []));
        Assert.True(_memory.TryWrite(0, []));
    }

    [Fact]
    public void TryWrite_ReadOnlyRange_FailsAndLeavesBytes()
    {
        using var range = _memory.Register(_buffer, writable: false);

        Assert.False(_memory.TryWrite(_buffer.Address, [1]));
        Assert.Equal(0, _buffer.Span[0]);
        Assert.True(_memory.TryRead(_buffer.Address, new byte[1]));
    }

    [Fact]
    public void Copies_AcrossAdjoiningRanges_Succeed()
    {
        using var first = new SubBuffer(_buffer, 0, Page);
        using var second = new SubBuffer(_buffer, Page, Page);
        using var upper = _memory.Register(second);
        using var lower = _memory.Register(first);
        byte[] bytes = [1, 2, 3, 4];

        Assert.True(_memory.TryWrite(_buffer.Address + Page - 2, bytes));
        var back = new byte[4];
        Assert.True(_memory.TryRead(_buffer.Address + Page - 2, back));

        Assert.Equal(bytes, back);
        Assert.Equal(bytes, _buffer.Span.Slice(Page - 2, 4).ToArray());
    }

    [Fact]
    public void Copies_AcrossGap_Fail()
    {
        using var first = new SubBuffer(_buffer, 0, Page);
        using var third = new SubBuffer(_buffer, 2 * Page, Page);
        using var lower = _memory.Register(first);
        using var upper = _memory.Register(third);

        Assert.False(_memory.TryRead(_buffer.Address, new byte[3 * Page]));
    }

    [Fact]
    public void Register_Overlap_ThrowsAndKeepsTheOldRange()
    {
        using var range = _memory.Register(_buffer);
        using var inside = new SubBuffer(_buffer, Page, Page);

        Assert.Throws<ArgumentException>(() => _memory.Register(inside));
        Assert.True(_memory.TryRead(_buffer.Address + Page, new byte[Page]));
        inside.Dispose();
        Assert.False(inside.IsHeld);
    }

    [Fact]
    public void Register_ManyRanges_EachIsFound()
    {
        using var buffer = new LocalBuffer(64 * Page);
        var parts = Enumerable.Range(0, 32).Select(i => new SubBuffer(buffer, 2 * i * Page, Page)).ToArray();
        // an order that is neither ascending nor descending
        var ranges = Enumerable.Range(0, 32).Select(i => _memory.Register(parts[i * 13 % 32])).ToArray();

        for (var i = 0; i < 64; i++)
        {
            Assert.Equal(i % 2 == 0, _memory.TryRead(buffer.Address + (ulong)(i * Page), new byte[Page]));
        }

        Array.ForEach(ranges, range => range.Dispose());
        Assert.False(_memory.TryRead(buffer.Address, new byte[1]));
    }

    [Fact]
    public void Pin_InsideRange_GivesBytesInPlace()
    {
        using var range = _memory.Register(_buffer);

        Assert.Equal(SysResult.Success, _memory.Pin(_buffer.Address + Page, 2 * Page, true, out var pinned));
        Assert.Equal(2UL, pinned.LockedPages);
        Assert.True(pinned.Source!.TryGetSpan(pinned.Offset, 2 * Page, out var span));
        span[0] = 0x5a;
        Assert.Equal(0x5a, _buffer.Span[Page]);
        pinned.Source.Release(pinned);
    }

    [Fact]
    public void Pin_BeyondRange_IsEFAULTAndSaysHowFarItCame()
    {
        using var range = _memory.Register(_buffer);

        Assert.Equal(Errno.EFAULT, _memory.Pin(_buffer.Address + Page, 4 * Page, true, out var pinned).Errno);
        Assert.Null(pinned.Source);
        Assert.Equal(3UL, pinned.LockedPages);
    }

    [Fact]
    public void Pin_Unregistered_IsEFAULT()
    {
        Assert.Equal(Errno.EFAULT, _memory.Pin(_buffer.Address, Page, false, out var pinned).Errno);
        Assert.Equal(0UL, pinned.LockedPages);
    }

    [Fact]
    public void Pin_ReadOnlyRange_IsEFAULTForWritersOnly()
    {
        using var range = _memory.Register(_buffer, writable: false);

        Assert.Equal(Errno.EFAULT, _memory.Pin(_buffer.Address, Page, true, out _).Errno);
        Assert.Equal(SysResult.Success, _memory.Pin(_buffer.Address, Page, false, out var pinned));
        pinned.Source!.Release(pinned);
    }

    [Fact]
    public void Pin_Failed_HoldsNothing()
    {
        using var buffer = new CountingBuffer(Page);
        var range = _memory.Register(buffer);
        _memory.Pin(buffer.Address, 2 * Page, false, out _);

        buffer.Dispose();
        range.Dispose();

        Assert.Equal(1, buffer.Releases);
    }

    [Fact]
    public void Register_EmptyOrDisposedBuffer_Throws()
    {
        using var empty = new SubBuffer(_buffer, 0, 0);
        var disposed = new LocalBuffer(Page);
        disposed.Dispose();

        Assert.Throws<ArgumentException>(() => _memory.Register(empty));
        Assert.Throws<ObjectDisposedException>(() => _memory.Register(disposed));
    }

    [Fact]
    public void Copies_AllocateNothing()
    {
        using var range = _memory.Register(_buffer);
        var bytes = new byte[64];
        _memory.TryWrite(_buffer.Address, bytes);
        _memory.TryRead(_buffer.Address, bytes);

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                _memory.TryWrite(_buffer.Address, bytes);
                _memory.TryRead(_buffer.Address, bytes);
                _memory.Pin(_buffer.Address, Page, true, out var pinned);
                pinned.Source!.Release(pinned);
            }
        }));
    }

    /// <summary>Part of a buffer, so that ranges adjoin where a test wants it.</summary>
    private sealed class SubBuffer : SafeBuffer
    {
        public SubBuffer(LocalBuffer whole, int offset, int length)
            : base(ownsHandle: true)
        {
            SetHandle((nint)(whole.Address + (ulong)offset));
            Initialize((ulong)length);
        }

        public bool IsHeld { get; private set; } = true;

        protected override bool ReleaseHandle()
        {
            IsHeld = false;
            return true;
        }
    }
}
