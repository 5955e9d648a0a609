namespace Viaduct.Iommu.Tests;

public sealed class DmaPortTests
{
    private const int Pages = 1024;
    private readonly IommuGroup _group = new(1, Type1Rig.Unit);
    private readonly IoAddressSpace _space = new();
    private readonly byte[] _bytes = new byte[Pages * 4096];
    private readonly byte[] _others = new byte[Pages * 4096];
    private readonly FakeSource _source;
    private readonly FakeSource _other;
    private readonly DmaPort _port;
    private readonly Recorder _recorder = new();

    public DmaPortTests()
    {
        new System.Random(1).NextBytes(_bytes);
        _source = new FakeSource(_bytes, 0);
        _other = new FakeSource(_others, 0);
        _group.AddressSpace = _space;
        _port = new DmaPort(_group) { BusMaster = true, Observer = _recorder };
    }

    [Fact]
    public void BusMasterClear_NothingMoves()
    {
        MapBoth();
        _port.BusMaster = false;
        Assert.Equal(DmaStatus.BusMasterDisabled, _port.Read(0, new byte[4]).Status);
        Assert.Equal(DmaStatus.BusMasterDisabled, _port.Write(0, [1]).Status);
        Assert.Equal(DmaStatus.BusMasterDisabled, _port.Copy(1UL << 40, 0, 8).Status);
        Assert.Equal(DmaStatus.BusMasterDisabled, _port.Fill(0, 0, 8).Status);
        Assert.False(_port.TryGetSpan(0, 1, DmaAccess.Read, out _));
        Assert.Empty(_recorder.Events);
    }

    [Fact]
    public void NoAddressSpace_EverythingFaults()
    {
        _group.AddressSpace = null;
        Assert.Equal(new DmaResult(DmaStatus.Fault, 5, DmaAccess.Read), _port.Read(5, new byte[4]));
        Assert.Equal(["fault Read 5"], _recorder.Events);
    }

    [Fact]
    public void ReadAndWrite_GoOverNeighbouringMappings()
    {
        _space.Map(0x0, 0xfff, _source, 0x8000, DmaAccess.Read);
        _space.Map(0x1000, 0x1fff, _other, 0x3000, DmaAccess.Read | DmaAccess.Write);
        _space.Map(0x2000, 0x2fff, _source, 0x0, DmaAccess.Read);
        var read = new byte[0x3000];
        Assert.True(_port.Read(0, read).IsOk);
        Assert.Equal(_bytes[0x8000..0x9000], read[..0x1000]);
        Assert.Equal(_bytes[..0x1000], read[0x2000..]);
        Assert.Equal(new DmaResult(DmaStatus.Fault, 0x2000, DmaAccess.Write), _port.Write(0x1ffe, [1, 2, 3]));
        Assert.Equal([1, 2], _others[0x3ffe..0x4000]);
        Assert.Equal(["Read 0+3000", "fault Write 2000"], _recorder.Events);
    }

    [Fact]
    public void Read_MemoryHasGone_FaultsWhereItBegins()
    {
        _space.Map(0, 0xffff, _source, 0, DmaAccess.Read | DmaAccess.Write);
        _source.GoneFrom = 0x5000;
        var read = new byte[0x8000];
        Assert.Equal(new DmaResult(DmaStatus.Fault, 0x5000, DmaAccess.Read), _port.Read(0x800, read));
        Assert.Equal(_bytes[0x800..0x5000], read[..0x4800]);
        Assert.Equal(new DmaResult(DmaStatus.Fault, 0x5000, DmaAccess.Write), _port.Write(0x4ffe, [9, 8, 7]));
        Assert.Equal([9, 8], _bytes[0x4ffe..0x5000]);
        Assert.Equal(new DmaResult(DmaStatus.Fault, 0x5000, DmaAccess.Write), _port.Fill(0x4ff0, 0, 64));
        Assert.Equal(0, _bytes[0x4fff]);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Copy_AnyTwoMemories_MovesTheBytes(bool sourceInPlace, bool destinationInPlace)
    {
        MapBoth();
        _source.HasSpans = sourceInPlace;
        _other.HasSpans = destinationInPlace;
        const int Length = (3 << 20) + 5; // more than a piece
        Assert.True(_port.Copy((1UL << 40) + 7, 0x1003, Length).IsOk);
        Assert.True(_bytes.AsSpan(0x1003, Length).SequenceEqual(_others.AsSpan(7, Length)));
        Assert.Equal(0, _others[Length + 7]);
        Assert.Equal([$"Read 1003+{Length:x}", $"Write 10000000007+{Length:x}"], _recorder.Events);
    }

    [Fact]
    public void Copy_FaultOnEitherSide_SaysWhich()
    {
        MapBoth();
        Assert.Equal(new DmaResult(DmaStatus.Fault, 1UL << 30, DmaAccess.Read), _port.Copy(1UL << 40, 1UL << 30, 8));
        Assert.Equal(new DmaResult(DmaStatus.Fault, 1UL << 41, DmaAccess.Write), _port.Copy(1UL << 41, 0, 8));
        Assert.Equal(
            new DmaResult(DmaStatus.Fault, Pages * 4096, DmaAccess.Read), _port.Copy(1UL << 40, (Pages * 4096) - 8, 16));
        _source.GoneFrom = 0x2000;
        Assert.Equal(new DmaResult(DmaStatus.Fault, 0x2000, DmaAccess.Read), _port.Copy(1UL << 40, 0x1000, 0x2000));
        _source.GoneFrom = ulong.MaxValue;
        _other.GoneFrom = 0x3000;
        Assert.Equal(
            new DmaResult(DmaStatus.Fault, (1UL << 40) + 0x3000, DmaAccess.Write), _port.Copy((1UL << 40) + 0x1000, 0, 0x8000));
        Assert.True(_bytes.AsSpan(0, 0x2000).SequenceEqual(_others.AsSpan(0x1000, 0x2000)));
    }

    [Theory]
    [InlineData(false, 0UL, 8)]
    [InlineData(true, 0UL, 8)]
    [InlineData(false, 3UL, 1)]
    [InlineData(true, 3UL, 21)]
    [InlineData(false, 5UL, (2 << 20) + 3)]
    [InlineData(true, 5UL, (2 << 20) + 3)]
    public void Fill_RepeatsThePatternFromTheFirstByte(bool inPlace, ulong address, int length)
    {
        // Two mappings whose border is no multiple of the pattern away from the first byte.
        _space.Map(0, 0x1fff, _source, 0, DmaAccess.Write);
        _space.Map(0x2000, (Pages * 4096) - 1, _source, 0x2000, DmaAccess.Write);
        _source.HasSpans = inPlace;
        var before = _bytes.ToArray();
        Assert.True(_port.Fill(address, 0x8877665544332211, (ulong)length).IsOk);
        for (var i = 0; i < length; i++)
        {
            Assert.Equal((byte)(((i & 7) + 1) * 0x11), _bytes[(int)address + i]);
        }

        Assert.Equal(before[(int)address + length], _bytes[(int)address + length]);
        Assert.Equal(before[..(int)address], _bytes[..(int)address]);
    }

    [Fact]
    public void Copy_WrappedRange_FaultsAtZero()
    {
        _space.Map(ulong.MaxValue - 0xfff, ulong.MaxValue, _source, 0, DmaAccess.Read | DmaAccess.Write);
        _space.Map(0, 0xfff, _source, 0x1000, DmaAccess.Read | DmaAccess.Write);
        Assert.Equal(new DmaResult(DmaStatus.Fault, 0, DmaAccess.Read), _port.Copy(0, ulong.MaxValue - 3, 8));
        Assert.Equal(new DmaResult(DmaStatus.Fault, 0, DmaAccess.Write), _port.Fill(ulong.MaxValue - 3, 0, 8));
    }

    [Fact]
    public void TryGetSpan_GivesTheMemoryItself()
    {
        MapBoth();
        Assert.False(_port.TryGetSpan(0, 16, DmaAccess.Read, out _));
        _source.HasSpans = true;
        Assert.True(_port.TryGetSpan(0x10, 16, DmaAccess.Read, out var lease));
        using (lease)
        {
            Assert.True(lease.Span.SequenceEqual(_bytes.AsSpan(0x10, 16)));
        }

        Assert.False(_port.TryGetSpan((Pages * 4096) - 8, 16, DmaAccess.Read, out _));
        Assert.False(_port.TryGetSpan(1UL << 50, 16, DmaAccess.Read, out _));
        Assert.True(_port.Read(0, new byte[1]).IsOk);
    }

    /// <summary>A thread that unmaps comes back only when the span has been given back.</summary>
    [Fact]
    public void Unmap_WaitsForALease()
    {
        _space.Map(0, 0xfff, _source, 0, DmaAccess.Read);
        _source.HasSpans = true;
        var returned = false;
        Assert.True(_port.TryGetSpan(0, 16, DmaAccess.Read, out var lease));
        var unmapper = new Thread(() =>
        {
            _space.Unmap(0);
            Volatile.Write(ref returned, true);
        });
        unmapper.Start();
        while (_space.TryTranslate(0, DmaAccess.Read, out _))
        {
            Thread.Yield();
        }

        Assert.False(Volatile.Read(ref returned));
        lease.Dispose();
        unmapper.Join();
        Assert.True(returned);
    }

    [Fact]
    public void Transfers_InSteadyState_AllocateNothing()
    {
        MapBoth();
        _port.Observer = null;
        var buffer = new byte[8192];
        Transfer(buffer);
        Assert.Equal(0, Allocations.Least(() => Transfer(buffer)));
    }

    private void Transfer(byte[] buffer)
    {
        Assert.True(_port.Read(0x800, buffer).IsOk);
        Assert.True(_port.Write((1UL << 40) + 1, buffer).IsOk);
        Assert.True(_port.Copy(1UL << 40, 0, 1 << 20).IsOk);
        Assert.True(_port.Fill(1UL << 40, 7, 1 << 20).IsOk);
        _source.HasSpans = true;
        Assert.True(_port.TryGetSpan(0, 8, DmaAccess.Read, out var lease));
        lease.Dispose();
        _source.HasSpans = false;
    }

    private void MapBoth()
    {
        _space.Map(0, (Pages * 4096) - 1, _source, 0, DmaAccess.Read | DmaAccess.Write);
        _space.Map(1UL << 40, (1UL << 40) + (Pages * 4096) - 1, _other, 0, DmaAccess.Read | DmaAccess.Write);
    }

    private sealed class Recorder : IDmaObserver
    {
        public List<string> Events { get; } = [];

        public void Transferred(DmaAccess access, ulong address, ulong length)
            => Events.Add($"{access} {address:x}+{length:x}");

        public void Faulted(in DmaResult result) => Events.Add($"fault {result.Access} {result.Address:x}");
    }
}
