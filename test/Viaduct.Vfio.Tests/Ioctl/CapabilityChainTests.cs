using Viaduct.Abi;
using Viaduct.Vfio.Ioctl;
using Viaduct.Vfio.Tests.Infrastructure;

namespace Viaduct.Vfio.Tests.Ioctl;

public sealed class CapabilityChainTests
{
    private const int StructSize = 24;

    private readonly FakeMemory _memory = new();

    [Fact]
    public void CopyTo_EnoughRoom_WritesAlignedLinkedCapabilities()
    {
        var chain = Chain();
        var argsz = chain.Needed;
        Assert.Equal(SysResult.Success, chain.CopyTo(_memory, FakeMemory.Base, ref argsz, out var offset));
        Assert.Equal((uint)StructSize, offset);
        Assert.Equal(24u + 16 + 16, argsz);
        Assert.Equal(
            "02000100280000000102030405000000" + "0300010000000000090807060504" + "0000",
            Convert.ToHexStringLower(_memory.Bytes, StructSize, 32));
    }

    [Fact]
    public void CopyTo_AByteTooFew_SaysHowManyAndWritesNothing()
    {
        var chain = Chain();
        var argsz = chain.Needed - 1;
        Assert.Equal(SysResult.Success, chain.CopyTo(_memory, FakeMemory.Base, ref argsz, out var offset));
        Assert.Equal((0u, chain.Needed), (offset, argsz));
        Assert.Equal(-1, _memory.Bytes.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void CopyTo_UnwritableMemory_ReturnsEFAULT()
    {
        var chain = Chain();
        var argsz = chain.Needed;
        Assert.Equal(Errno.EFAULT, chain.CopyTo(_memory, FakeMemory.End - StructSize, ref argsz, out _).Errno);
    }

    private static CapabilityChain Chain()
    {
        var chain = new CapabilityChain(StructSize);
        Assert.Equal(0, chain.Length);
        chain.Add(2, 1, [1, 2, 3, 4, 5]);
        chain.Add(3, 1, [9, 8, 7, 6, 5, 4]);
        return chain;
    }
}
