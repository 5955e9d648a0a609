using System.Text;
using Viaduct.Abi;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Tests.Infrastructure;

namespace Viaduct.Vfio.Tests.Files;

public sealed class ClientStringTests
{
    private readonly FakeMemory _memory = new();

    [Theory]
    [InlineData(FakeMemory.Base)]
    [InlineData(FakeMemory.Base + 1)]
    [InlineData(FakeMemory.Base + FakeMemory.PageSize - 3)]
    [InlineData(FakeMemory.End - 6)]
    public void Read_TerminatedString_ReturnsItsLength(ulong address)
    {
        _memory.Put("hello\0"u8, address);
        Span<byte> buffer = stackalloc byte[64];
        Assert.Equal(5, ClientString.Read(_memory, address, buffer).Raw);
        Assert.Equal("hello", Encoding.ASCII.GetString(buffer[..5]));
    }

    [Fact]
    public void Read_Empty_ReturnsZero() => Assert.Equal(0, ClientString.Read(_memory, FakeMemory.Base, new byte[8]).Raw);

    [Theory]
    [InlineData(FakeMemory.End)]
    [InlineData(0UL)]
    [InlineData(FakeMemory.Base - 1)]
    [InlineData(ulong.MaxValue)]
    public void Read_BadPointer_ReturnsEFAULT(ulong address)
        => Assert.Equal(Errno.EFAULT, ClientString.Read(_memory, address, new byte[64]).Errno);

    [Fact]
    public void Read_RunsIntoUnmappedMemory_ReturnsEFAULT()
    {
        _memory.Put("hello!"u8, FakeMemory.End - 6);
        Assert.Equal(Errno.EFAULT, ClientString.Read(_memory, FakeMemory.End - 6, new byte[64]).Errno);
    }

    [Theory]
    [InlineData(6, false)]
    [InlineData(5, true)]
    public void Read_BufferTooSmall_ReturnsEINVAL(int size, bool tooLong)
    {
        _memory.Put("hello\0"u8);
        var result = ClientString.Read(_memory, FakeMemory.Base, new byte[size]);
        Assert.Equal(tooLong ? Errno.EINVAL : Errno.None, result.Errno);
    }
}
