namespace Viaduct.Memory.Tests;

public sealed class LocalRangeTests
{
    private const int Page = LocalBuffer.Alignment;

    [Fact]
    public void Dispose_EndsAccessAndLetsTheBufferGo()
    {
        var memory = new LocalMemory();
        using var buffer = new CountingBuffer(Page);
        var range = memory.Register(buffer);
        buffer.Dispose();
        Assert.Equal(0, buffer.Releases);

        range.Dispose();

        Assert.Equal(1, buffer.Releases);
        Assert.False(memory.TryRead(buffer.Address, new byte[1]));
        Assert.False(range.TryRead(0, new byte[1]));
        Assert.False(range.TryWrite(0, new byte[1]));
        Assert.False(range.TryGetSpan(0, 1, out _));
    }

    [Fact]
    public void Dispose_WhilePinned_KeepsTheBufferUntilReleased()
    {
        var memory = new LocalMemory();
        using var buffer = new CountingBuffer(Page);
        var range = memory.Register(buffer);
        memory.Pin(buffer.Address, Page, true, out var pinned);
        buffer.Dispose();

        range.Dispose();

        // gone for the client, as after munmap, but not for the device
        Assert.False(memory.TryRead(buffer.Address, new byte[1]));
        Assert.True(pinned.Source!.TryWrite(pinned.Offset, [0x7e]));
        Assert.True(pinned.Source.TryGetSpan(pinned.Offset, 1, out var span));
        Assert.Equal(0x7e, span[0]);
        Assert.Equal(0, buffer.Releases);

        pinned.Source.Release(pinned);

        Assert.Equal(1, buffer.Releases);
        Assert.False(range.TryRead(0, new byte[1]));
    }

    [Fact]
    public void Dispose_Twice_LetsGoOnce()
    {
        var memory = new LocalMemory();
        using var buffer = new CountingBuffer(Page);
        var range = memory.Register(buffer);
        memory.Pin(buffer.Address, Page, true, out var pinned);

        range.Dispose();
        range.Dispose();

        Assert.True(pinned.Source!.TryRead(pinned.Offset, new byte[1]));
    }

    [Fact]
    public void Buffer_RegisteredAgain_IsUsable()
    {
        var memory = new LocalMemory();
        using var buffer = new LocalBuffer(Page);
        memory.Register(buffer).Dispose();

        using var range = memory.Register(buffer);

        Assert.True(memory.TryWrite(buffer.Address, [1]));
    }

    [Theory]
    [InlineData(0UL, Page, true)]
    [InlineData((ulong)Page, 0, true)]
    [InlineData(Page - 1UL, 1, true)]
    [InlineData(Page - 1UL, 2, false)]
    [InlineData(Page + 1UL, 0, false)]
    [InlineData(ulong.MaxValue, 1, false)]
    [InlineData(0UL, -1, false)]
    public void TryGetSpan_StaysInside(ulong offset, int length, bool expected)
    {
        using var buffer = new LocalBuffer(Page);
        using var range = new LocalMemory().Register(buffer);

        Assert.Equal(expected, range.TryGetSpan(offset, length, out var span));
        Assert.Equal(expected ? length : 0, span.Length);
    }

    [Fact]
    public void TryGetSpan_ReadOnly_GivesNoSpanButReads()
    {
        using var buffer = new LocalBuffer(Page);
        using var range = new LocalMemory().Register(buffer, writable: false);

        Assert.False(range.TryGetSpan(0, 1, out _));
        Assert.False(range.TryWrite(0, [1]));
        Assert.True(range.TryRead(0, new byte[1]));
    }

    [Fact]
    public void Dispose_UnderTheClientsOwnCopies_EndsThemAndFreesOnce()
    {
        for (var round = 0; round < 20; round++)
        {
            var memory = new LocalMemory();
            using var buffer = new CountingBuffer(Page);
            var range = memory.Register(buffer);
            using var started = new CountdownEvent(2);
            var readers = Enumerable.Range(0, 2)
                .Select(_ => new Thread(() => ReadUntilGone(memory, buffer.Address, started)))
                .ToArray();
            Array.ForEach(readers, reader => reader.Start());
            started.Wait();
            buffer.Dispose();

            range.Dispose();

            Array.ForEach(readers, reader => reader.Join());
            Assert.Equal(1, buffer.Releases);
        }
    }

    private static void ReadUntilGone(LocalMemory memory, ulong address, CountdownEvent started)
    {
        var bytes = new byte[64];
        memory.TryRead(address, bytes);
        started.Signal();
        while (memory.TryRead(address, bytes))
        {
        }
    }
}
