using Viaduct.Abi;
using Viaduct.Pci.Tests.Infrastructure;

namespace Viaduct.Pci.Tests.VfioPci;

public sealed class VfioPciRdwrTests
{
    [Theory]
    [InlineData(0UL, 16, new[] { 8, 8 })]
    [InlineData(1UL, 8, new[] { 1, 2, 4, 1 })]
    [InlineData(4UL, 8, new[] { 4, 4 })]
    [InlineData(6UL, 7, new[] { 2, 4, 1 })]
    [InlineData(0xffff8UL, 64, new[] { 8 })]
    public void Accesses_AreTheWidestAligned(ulong position, int count, int[] widths)
    {
        var ram = new RamRegisters(1 << 20);
        using var client = new Client(TestFunction.Edu(ram));
        var moved = widths.Sum();
        Assert.Equal(moved, client.Device.Read(client.Caller, Client.Argument, (ulong)count, position).Raw);
        Assert.Equal(widths, ram.Accesses!.Select(a => a.Width));
        ram.Accesses!.Clear();
        Assert.Equal(moved, client.Device.Write(client.Caller, Client.Argument, (ulong)count, position).Raw);
        Assert.Equal(widths, ram.Accesses.Select(a => a.Width));
    }

    [Fact]
    public void LongTransfer_AcrossClientPages_MovesEveryByteOnce()
    {
        var ram = new RamRegisters(1 << 20);
        using var client = new Client(TestFunction.Edu(ram));
        new Random(1).NextBytes(ram.Bytes);
        const ulong Odd = FakeMemory.Base + 0xffd;
        Assert.Equal(20_000, client.Device.Read(client.Caller, Odd, 20_000, 0x800).Raw);
        Assert.Equal(ram.Bytes[0x800..(0x800 + 20_000)], client.Caller.Fake.Bytes[0xffd..(0xffd + 20_000)]);
        Assert.Equal(2500, ram.Accesses!.Count);
        Assert.InRange(client.Caller.Fake.Calls, 40, 70);
        var copy = ram.Bytes[0x800..(0x800 + 20_000)];
        Array.Clear(ram.Bytes);
        Assert.Equal(20_000, client.Device.Write(client.Caller, Odd, 20_000, 0x800).Raw);
        Assert.Equal(copy, ram.Bytes[0x800..(0x800 + 20_000)]);
        Assert.Equal(5000, ram.Accesses.Count);
    }

    [Fact]
    public void BufferThatEnds_StopsAtTheAccessThatFails()
    {
        var ram = new RamRegisters(1 << 20);
        using var client = new Client(TestFunction.Edu(ram));
        ram.Bytes.AsSpan(0, 64).Fill(0x5a);
        var end = FakeMemory.Base + (ulong)client.Caller.Fake.Bytes.Length;
        Assert.Equal(Errno.EFAULT, client.Device.Read(client.Caller, end - 12, 64, 0).Errno);
        Assert.Equal(Enumerable.Repeat((byte)0x5a, 12), client.Caller.Fake.Bytes[^12..]);
        ram.Accesses!.Clear();
        Assert.Equal(Errno.EFAULT, client.Device.Write(client.Caller, end - 12, 64, 0x1000).Errno);
        Assert.Equal([(0x1000UL, 8)], ram.Accesses);
        ram.Accesses.Clear();
        Assert.Equal(Errno.EFAULT, client.Device.Read(client.Caller, end, 64, 0x2000).Errno);
        Assert.Equal([(0x2000UL, 8)], ram.Accesses);
    }

    [Theory]
    [InlineData(0x100000UL)]
    [InlineData(0xffffffffffUL)]
    [InlineData(1UL << 40)]
    [InlineData(6UL << 40)]
    [InlineData(8UL << 40)]
    [InlineData(9UL << 40)]
    [InlineData(0x7fffffUL << 40)]
    public void NoSuchBytes_ReturnsEINVAL_ButNothingIsSuccess(ulong position)
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(Errno.EINVAL, client.Device.Read(client.Caller, Client.Argument, 4, position).Errno);
        Assert.Equal(Errno.EINVAL, client.Device.Write(client.Caller, Client.Argument, 4, position).Errno);
        Assert.Equal(0, client.Device.Read(client.Caller, Client.Argument, 0, position).Raw);
        Assert.Equal(0, client.Device.Write(client.Caller, Client.Argument, 0, position).Raw);
    }

    [Fact]
    public void MemoryDisabled_IsEIO_AndNoLoads()
    {
        using var client = new Client(TestFunction.Edu());
        client.PutConfig(4, 2, 0x101);
        Assert.Equal(Errno.EIO, client.Device.Read(client.Caller, Client.Argument, 4, 0).Errno);
        Assert.Equal(Errno.EIO, client.Device.Write(client.Caller, Client.Argument, 4, 0).Errno);
        Assert.Equal(Errno.EINVAL, client.Device.Read(client.Caller, Client.Argument, 4, 0x100000).Errno);
        Assert.False(client.Device.TryLoad(0, 4, out _));
        Assert.False(client.Device.TryStore(0, 4, 1));
        client.PutConfig(4, 2, 0x103);
        Assert.True(client.Device.TryStore(8, 4, 0x11223344));
        Assert.Equal(0x11223344u, client.Get(8, 4));
    }

    [Fact]
    public void IoBar_IsReachedWithMemoryDisabled_AndOnesWithoutDecoding()
    {
        using var client = new Client(TestFunction.Express());
        client.Put((2UL << 40) + 4, 4, 0x12345678);
        client.PutConfig(4, 2, 1);
        Assert.Equal(0x12345678u, client.Get((2UL << 40) + 4, 4));
        client.PutConfig(4, 2, 0);
        Assert.Equal(0xffffffffu, client.Get((2UL << 40) + 4, 4));
        Assert.False(client.Device.Mmap(new(2UL << 40, 4096, true)) == SysResult.Success);
    }

    [Fact]
    public void MsixTable_ReadsOnesAndDropsWrites_ThoughMappingsReachIt()
    {
        var ram = new RamRegisters(1 << 14);
        using var client = new Client(TestFunction.Express(registers: ram));
        Assert.True(client.Device.TryLoad(0x200c, 4, out var control));
        Assert.Equal(1u, control);
        ram.Bytes.AsSpan(0x1ff8, 8).Fill(0x22);
        Assert.Equal("2222222222222222" + new string('f', 160) + "0000000000000000", Convert.ToHexStringLower(client.Read(0x1ff8, 96)));
        client.Put(0x200c, 4, 0);
        Assert.Equal(80, client.Device.Write(client.Caller, 8, 80, 0x2000).Raw);
        Assert.Equal(Errno.EFAULT, client.Device.Write(client.Caller, 8, 81, 0x2000).Errno);
        Assert.True(client.Device.TryLoad(0x200c, 4, out control));
        Assert.Equal(1u, control);
    }

    [Theory]
    [InlineData(0UL, 0x100000UL, true, Errno.None)]
    [InlineData(0xff000UL, 0x1000UL, true, Errno.None)]
    [InlineData(0UL, 0x101000UL, true, Errno.EINVAL)]
    [InlineData(0xff000UL, 0x2000UL, true, Errno.EINVAL)]
    [InlineData(0x100000UL, 0x1000UL, true, Errno.EINVAL)]
    [InlineData(0UL, 0x1000UL, false, Errno.EINVAL)]
    [InlineData(0UL, 0xfffffffffffff000UL, true, Errno.EINVAL)]
    [InlineData(1UL << 40, 0x1000UL, true, Errno.EINVAL)]
    [InlineData(6UL << 40, 0x1000UL, true, Errno.EINVAL)]
    [InlineData(7UL << 40, 0x1000UL, true, Errno.EINVAL)]
    [InlineData(0x7fffffUL << 40, 0x1000UL, true, Errno.EINVAL)]
    public void Mmap_OfEdu(ulong position, ulong length, bool shared, Errno errno)
    {
        using var client = new Client(TestFunction.Edu());
        Assert.Equal(errno, client.Device.Mmap(new(position, length, shared)).Errno);
    }

    [Fact]
    public void MappedAccess_AllocatesNothing()
    {
        var ram = new RamRegisters(1 << 20) { Accesses = null };
        using var client = new Client(TestFunction.Edu(ram));
        var device = client.Device;
        var sum = 0UL;
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0UL; i < 1000; i++)
            {
                device.TryStore(i * 8, 8, i);
                device.TryLoad((i * 8) + 1, 4, out var value);
                sum += value;
            }
        }));

        Assert.NotEqual(0UL, sum);
    }

    [Fact]
    public void DmaTarget_ReachesBarsInAlignedPieces()
    {
        var ram = new RamRegisters(1 << 20);
        using var client = new Client(TestFunction.Edu(ram));
        var target = client.Device.DmaTarget!;
        Assert.True(target.TryWrite(3, [1, 2, 3, 4, 5, 6, 7]));
        Assert.Equal([(3UL, 1), (4, 4), (8, 2)], ram.Accesses!);
        var bytes = new byte[7];
        Assert.True(target.TryRead(3, bytes));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], bytes);
        client.PutConfig(4, 2, 0);
        Assert.False(target.TryRead(3, bytes));
        Assert.False(target.TryWrite(3, bytes));
    }

    [Fact]
    public void DmaTarget_MemoryDisabled_IsNone()
    {
        using var client = new Client(TestFunction.Edu(new RamRegisters(1 << 20)));
        client.PutConfig(4, 2, 0);
        Assert.Null(client.Device.DmaTarget);
        client.PutConfig(4, 2, 2);
        Assert.NotNull(client.Device.DmaTarget);
    }
}
