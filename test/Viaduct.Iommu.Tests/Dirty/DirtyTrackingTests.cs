using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>What page tables remember of a device's writes, and how they tell it.</summary>
public sealed class DirtyTrackingTests
{
    private const ulong Page = DirtyRig.Page;
    private const ulong Base = 0x1f_0000; // 16 pages below a leaf's end

    private readonly DirtyRig _rig = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Each_way_to_write_is_remembered_and_none_to_read(bool inPlace)
    {
        _rig.Memory.Source.HasSpans = inPlace;
        _rig.Map(Base, 32);
        var table = _rig.AllocateTracking();
        Assert.True(_rig.Port.Write(Base + Page - 1, [1, 2]).IsOk);
        Assert.Equal([0, 1], _rig.Bits(table, Base, 32));
        Assert.True(_rig.Port.Fill(Base + (15 * Page), 0, 2 * Page).IsOk);
        Assert.Equal([15, 16], _rig.Bits(table, Base, 32));
        Assert.True(_rig.Port.Copy(Base + (3 * Page), Base + (20 * Page), Page + 1).IsOk);
        Assert.Equal([3, 4], _rig.Bits(table, Base, 32));
        Assert.True(_rig.Port.Read(Base, new byte[3 * Page]).IsOk);
        Assert.Empty(_rig.Bits(table, Base, 32));
        Lease(DmaAccess.Read, inPlace);
        Assert.Empty(_rig.Bits(table, Base, 32));
        Lease(DmaAccess.Write, inPlace);
        Assert.Equal(inPlace ? [31] : [], _rig.Bits(table, Base, 32));
    }

    [Fact]
    public void A_write_that_faults_is_remembered_as_far_as_it_came()
    {
        _rig.Map(Base, 2);
        var table = _rig.AllocateTracking();
        Assert.False(_rig.Port.Write(Base + Page, new byte[2 * Page]).IsOk);
        Assert.False(_rig.Port.Write(Base + (2 * Page), [1]).IsOk);
        Assert.True(_rig.Port.Write(Base, []).IsOk);
        _rig.Port.BusMaster = false;
        Assert.False(_rig.Port.Write(Base, [1]).IsOk);
        _rig.Map(Base + (2 * Page), 2);
        Assert.Equal([1], _rig.Bits(table, Base, 4));
    }

    [Fact]
    public void What_may_not_be_written_is_not_remembered()
    {
        Assert.Equal(
            Errno.None,
            _rig.Iommufd.Map(
                _rig.Ioas,
                Base,
                Page,
                flags: IommuIoasMapFlags.IOMMU_IOAS_MAP_READABLE | IommuIoasMapFlags.IOMMU_IOAS_MAP_FIXED_IOVA));
        var table = _rig.AllocateTracking();
        Assert.False(_rig.Port.Write(Base, [1]).IsOk);
        Assert.Empty(_rig.Bits(table, Base, 1));
    }

    [Fact]
    public void Bits_are_added_to_those_that_are_there_and_clearing_is_told_once()
    {
        _rig.Map(Base, 32);
        var table = _rig.AllocateTracking();
        _rig.Port.Write(Base + (9 * Page), [1]);
        _rig.Memory.TryWrite(DirtyRig.BitmapAt, [0x80, 0x80, 0x80]);
        Assert.Equal(Errno.None, _rig.Get(table, Base, 32 * Page, clears: false));
        Assert.Equal([0x80, 0x82, 0x80, 0], Bitmap(4));
        Assert.Equal([9], _rig.Bits(table, Base, 32));
        Assert.Empty(_rig.Bits(table, Base, 32));
    }

    [Fact]
    public void Of_a_page_none_of_whose_bits_has_a_place_the_rest_is_left_out()
    {
        _rig.Map(Base, 4);
        var table = _rig.AllocateTracking();
        _rig.Port.Fill(Base, 0, 3 * Page);
        _rig.Memory.Holes.Add(FakeMemory.Page(61) / Page);

        // A bit for 8 bytes: 64 bytes of bitmap a page. The first page's bits begin 10 bytes before the hole's end, so that all of them are
        // left out.
        Assert.Equal(Errno.None, _rig.Get(table, Base, 4 * Page, 8, clears: false, DirtyRig.BitmapAt - 10));
        var bits = Bitmap(256);
        Assert.All(bits[..54], b => Assert.Equal(0, b));
        Assert.All(bits[54..182], b => Assert.Equal(0xff, b));
        Assert.All(bits[182..], b => Assert.Equal(0, b));
    }

    [Fact]
    public void A_bitmap_that_cannot_be_written_is_no_error()
    {
        _rig.Map(Base, 4);
        var table = _rig.AllocateTracking();
        _rig.Port.Fill(Base, 0, 4 * Page);
        _rig.Memory.ReadOnly.Add(DirtyRig.BitmapAt / Page);
        Assert.Equal(Errno.None, _rig.Get(table, Base, 4 * Page));
        Assert.Equal(Errno.None, _rig.Get(table, Base, 4 * Page, data: 0));
        Assert.Equal(Errno.None, _rig.Get(table, Base, 4 * Page, data: ulong.MaxValue));
        _rig.Memory.ReadOnly.Clear();
        Assert.Empty(_rig.Bits(table, Base, 4));
    }

    [Fact]
    public void Without_room_to_remember_everything_mapped_counts_as_written()
    {
        var rig = new DirtyRig(new ByteBudget(1000));
        rig.Map(Base, 32);
        var table = rig.AllocateTracking();
        Assert.Empty(rig.Bits(table, Base, 32));
        Assert.True(rig.Port.Write(Base, [1]).IsOk);
        Assert.Equal(Enumerable.Range(0, 32), rig.Bits(table, Base, 32));
        Assert.Equal(Errno.None, rig.Set(table, true));
        Assert.Empty(rig.Bits(table, Base, 32));
    }

    [Fact]
    public void Room_is_given_back_when_tracking_begins_anew_and_when_the_table_goes()
    {
        // Five levels, one of them twice, and two leaves: no more than that.
        var rig = new DirtyRig(new ByteBudget((6 * DirtyNode.Cost) + (2 * DirtyLeaf.Cost)));
        rig.Map(Base, 32);
        var table = rig.AllocateTracking();
        for (var round = 0; round < 3; round++)
        {
            rig.Port.Fill(Base, 0, 32 * Page);
            rig.Port.Fill(Base, 0, Page);
            Assert.Equal(Enumerable.Range(0, 32), rig.Bits(table, Base, 32));
            rig.Port.Fill(Base, 0, Page);
            Assert.Equal([0], rig.Bits(table, Base, 32));
            Assert.Equal(Errno.None, rig.Set(table, true));
        }

        rig.Port.Fill(Base, 0, 32 * Page);
        rig.Device.Detach();
        Assert.Equal(Errno.None, rig.Iommufd.Destroy(table));
        table = rig.AllocateTracking();
        rig.Port.Fill(Base, 0, Page);
        Assert.Equal([0], rig.Bits(table, Base, 32));
    }

    [Fact]
    public void Hardware_that_tracks_says_so_and_other_hardware_refuses()
    {
        var info = new IommuHwInfo { Size = IommuHwInfo.StructSize, DevId = _rig.Device.Id };
        Assert.Equal(Errno.None, _rig.Iommufd.Call(IommufdIoctl.IOMMU_GET_HW_INFO, ref info));
        Assert.True(info.OutCapabilities.HasFlag(IommuHwCapabilities.IOMMU_HW_CAP_DIRTY_TRACKING));
        var plain = _rig.Allocate(IommuHwptAllocFlags.None);
        Assert.Equal(Errno.EOPNOTSUPP, _rig.Set(plain, true));
        Assert.Equal(Errno.EOPNOTSUPP, _rig.Get(plain, Base, Page));
        Assert.Equal(Errno.EINVAL, _rig.Get(plain, Base + 1, Page));
        Assert.Equal(Errno.ENOENT, _rig.Set(_rig.Ioas, true));
        Assert.Equal(Errno.ENOENT, _rig.Get(_rig.Ioas, Base, Page));
        var other = new IommufdRig();
        var alloc = new IommuHwptAlloc
        {
            Size = IommuHwptAlloc.StructSize,
            Flags = IommuHwptAllocFlags.IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
            PtId = other.AllocateIoas(),
            DevId = other.Bind().Id,
        };
        Assert.Equal(Errno.EOPNOTSUPP, other.Call(IommufdIoctl.IOMMU_HWPT_ALLOC, ref alloc));
    }

    [Fact]
    public void Writing_takes_no_memory_once_the_place_is_known()
    {
        _rig.Map(Base, 32);
        _rig.AllocateTracking();
        var bytes = new byte[8];
        Write();
        Assert.Equal(0, Allocations.Least(Write));

        void Write()
        {
            for (var i = 0; i < 1000; i++)
            {
                _rig.Port.Write(Base + (15 * Page) + 4092, bytes);
            }
        }
    }

    private void Lease(DmaAccess access, bool succeeds)
    {
        var got = _rig.Port.TryGetSpan(Base + (31 * Page) + 8, 16, access, out var lease);
        Assert.Equal(succeeds, got);
        if (got)
        {
            lease.Dispose();
        }
    }

    private byte[] Bitmap(int length)
    {
        var bytes = new byte[length];
        Assert.True(_rig.Memory.TryRead(DirtyRig.BitmapAt, bytes));
        return bytes;
    }
}
