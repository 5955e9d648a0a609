using Viaduct.Abi;

namespace Viaduct.Driver.Tests;

/// <summary>The replies of VFIO's info requests.</summary>
public sealed class CapabilityChainTests
{
    [Fact]
    public void Type1Info_GivesPageSizeAndRanges()
    {
        var reply = Info(
            flags: 3,
            Cap(VfioConstants.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 65535, 0),
            Cap(VfioConstants.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 2, 0, 0, 0xFEDF_FFFF, 0xFEF0_0000, ulong.MaxValue));
        var info = Type1Info.Parse(reply);
        Assert.Equal(4096UL, info.PageSize);
        Assert.Equal([new IovaRange(0, 0xFEDF_FFFF), new IovaRange(0xFEF0_0000, ulong.MaxValue)], info.Ranges);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(3u)]
    public void Type1Info_OfAKernelThatTellsNoRanges_StaysClearOfTheInterruptWindow(uint flags) => Assert.All(
        Type1Info.Parse(Info(flags)).Ranges, range => Assert.False(range.First <= 0xFEEF_FFFF && range.Last >= 0xFEE0_0000));

    [Fact]
    public void RangeCount_IsBoundedByTheReply()
    {
        var reply = Info(3, Cap(VfioConstants.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, uint.MaxValue, 0, 0x1000, 0x1FFF));
        Assert.Equal([new IovaRange(0x1000, 0x1FFF)], Type1Info.Parse(reply).Ranges);
    }

    [Fact]
    public void Chain_InALoop_Ends()
    {
        var reply = new byte[64];
        BitConverter.TryWriteBytes(reply.AsSpan(24 + 4), 24u);
        Assert.True(CapabilityChain.Find(reply, 24, 9).IsEmpty);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(57u)]
    [InlineData(64u)]
    [InlineData(uint.MaxValue)]
    public void Chain_ThatStartsNowhere_IsEmpty(uint first) => Assert.True(CapabilityChain.Find(new byte[64], first, 1).IsEmpty);

    [Fact]
    public void Region_WithoutSparseAreas_IsMappableAsAWhole()
    {
        var info = VfioBackend.ParseRegion(0, Region(VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_MMAP, 0x10_0000));
        Assert.Equal([new MappableArea(0, 0x10_0000)], info.MappableAreas);
    }

    [Fact]
    public void Region_WithoutTheFlag_IsNotMappable() =>
        Assert.Empty(VfioBackend.ParseRegion(0, Region(VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_READ, 0x1000)).MappableAreas);

    [Fact]
    public void Region_SparseAreas_AreThoseInside()
    {
        var flags = VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_MMAP | VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_CAPS;
        var cap = Cap(
            VfioConstants.VFIO_REGION_INFO_CAP_SPARSE_MMAP, 4, 0, 0, 0x1000, 0x3000, 0x1000, 0x4000, 0x1000, 0x3000, ulong.MaxValue);
        var info = VfioBackend.ParseRegion(2, Region(flags, 0x4000, cap));
        Assert.Equal([new MappableArea(0, 0x1000), new MappableArea(0x3000, 0x1000)], info.MappableAreas);
    }

    // A capability: header, u32 count, u32 padding, then u64s. The next pointer is set where it is placed.
    private static byte[] Cap(ushort id, uint count, uint padding, params ulong[] values) =>
    [
        .. BitConverter.GetBytes(id), 1, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(count), .. BitConverter.GetBytes(padding),
        .. values.SelectMany(BitConverter.GetBytes),
    ];

    private static byte[] Info(uint flags, params byte[][] caps)
    {
        var head = new byte[VfioIommuType1Info.Size];
        BitConverter.TryWriteBytes(head.AsSpan(4), flags);
        BitConverter.TryWriteBytes(head.AsSpan(8), 0x4020_1000UL);
        return Chain(head, 16, caps);
    }

    private static byte[] Region(VfioRegionInfoFlags flags, ulong size, params byte[][] caps)
    {
        var head = new byte[VfioRegionInfo.StructSize];
        BitConverter.TryWriteBytes(head.AsSpan(4), (uint)flags);
        BitConverter.TryWriteBytes(head.AsSpan(16), size);
        return Chain(head, 12, caps);
    }

    private static byte[] Chain(byte[] head, int capOffsetAt, byte[][] caps)
    {
        List<byte> reply = [.. head];
        var pointerAt = capOffsetAt;
        foreach (var cap in caps)
        {
            var bytes = BitConverter.GetBytes((uint)reply.Count);
            for (var i = 0; i < bytes.Length; i++)
            {
                reply[pointerAt + i] = bytes[i];
            }

            pointerAt = reply.Count + 4;
            reply.AddRange(cap);
        }

        return [.. reply];
    }
}
