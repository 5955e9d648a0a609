using Viaduct.Abi;

namespace Viaduct.Memory.Tests;

/// <summary>Structures that state their size: at the end of what there is, so that every byte too many shows.</summary>
public sealed class ClientStructTests : IDisposable
{
    private const int Known = IommuHwInfo.StructSize;
    private const int Least = 32;

    private readonly LocalMemory _memory = new();
    private readonly LocalBuffer _buffer = new(4096);
    private readonly LocalRange _range;

    public ClientStructTests() => _range = _memory.Register(_buffer);

    [Theory]
    [InlineData(Known, Known, Errno.None)]
    [InlineData(Least, Least, Errno.None)]
    [InlineData(Least, Known, Errno.None)]
    [InlineData(Least - 1, Known, Errno.EINVAL)]
    [InlineData(0, 4, Errno.EINVAL)]
    [InlineData(Least, Least - 1, Errno.EFAULT)]
    [InlineData(Known, Known - 1, Errno.EFAULT)]
    [InlineData(Known, 3, Errno.EFAULT)]
    [InlineData(Known + 8, Known + 8, Errno.None)]
    [InlineData(Known + 8, Known + 7, Errno.EFAULT)]
    [InlineData(4096, 4096, Errno.None)]
    public void A_structure_is_read_as_far_as_it_says(int stated, int there, Errno expected)
    {
        var at = Put(stated, there);
        Assert.Equal(expected, Read(at, out var size, out var info).Errno);
        if (expected == Errno.None)
        {
            Assert.Equal((uint)stated, size);
            Assert.Equal(7u, info.DevId);
        }
    }

    [Fact]
    public void What_the_client_does_not_know_is_zero_whatever_is_there()
    {
        var at = Put(Least, Known);
        Assert.True(_memory.TryWrite(at + Least, ulong.MaxValue));
        Assert.Equal(Errno.None, Read(at, out _, out var info).Errno);
        Assert.Equal(IommuHwCapabilities.None, info.OutCapabilities);
    }

    [Fact]
    public void What_we_do_not_know_must_be_zero_before_the_rest_is_looked_at()
    {
        var at = Put(Known + 8, Known + 8);
        Assert.True(_memory.TryWrite(at + Known + 7, (byte)1));
        Assert.Equal(Errno.E2BIG, Read(at, out _, out _).Errno);
    }

    public void Dispose()
    {
        _range.Dispose();
        _buffer.Dispose();
    }

    private SysResult Read(ulong at, out uint size, out IommuHwInfo info)
        => ClientStruct.TryReadSized(_memory, at, Least, Known, out size, out info);

    /// <summary>A structure that has so many bytes before memory ends.</summary>
    private ulong Put(int stated, int there)
    {
        var at = _buffer.Address + 4096 - (ulong)there;
        _buffer.Span.Clear();
        var bytes = StructBytes.Of(new IommuHwInfo { Size = (uint)stated, DevId = 7 });
        bytes.AsSpan(0, Math.Min(bytes.Length, there)).CopyTo(_buffer.Span[^there..]);
        return at;
    }
}
