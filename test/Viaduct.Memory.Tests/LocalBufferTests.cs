namespace Viaduct.Memory.Tests;

public sealed class LocalBufferTests
{
    [Theory]
    [InlineData(1, 4096)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 8192)]
    public void New_IsPageAlignedZeroedAndWholePages(int size, int expected)
    {
        using var buffer = new LocalBuffer(size);

        Assert.Equal(expected, buffer.Size);
        Assert.Equal((ulong)expected, buffer.ByteLength);
        Assert.Equal(0UL, buffer.Address % LocalBuffer.Alignment);
        Assert.Equal(-1, buffer.Span.IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void New_BadSize_Throws(int size)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new LocalBuffer(size));

    [Fact]
    public void Span_AfterDispose_Throws()
    {
        var buffer = new LocalBuffer(1);
        buffer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length);
    }
}
