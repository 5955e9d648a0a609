using Viaduct.Abi;
using Viaduct.Iommu.Iommufd;

namespace Viaduct.Iommu.Tests;

/// <summary>A device behind an IOMMU that tracks, and the calls about that. Bitmaps are in page 62 and 63 of the client.</summary>
internal sealed class DirtyRig
{
    public const ulong Page = IommufdRig.PageSize;

    public DirtyRig(ByteBudget? budget = null)
    {
        var unit = Type1Rig.Unit with { TracksDirtyPages = true };
        Iommufd = new IommufdRig(budget is null ? unit : unit with { DirtyBudget = budget });
        Ioas = Iommufd.AllocateIoas();
        Device = Iommufd.Bind();
    }

    public static ulong BitmapAt => FakeMemory.Page(62);

    public IommufdRig Iommufd { get; }

    public DmaPort Port => Iommufd.Port;

    public FakeMemory Memory => Iommufd.Memory;

    public uint Ioas { get; }

    public IommufdDevice Device { get; }

    public uint Allocate(IommuHwptAllocFlags flags = IommuHwptAllocFlags.IOMMU_HWPT_ALLOC_DIRTY_TRACKING)
    {
        var alloc = new IommuHwptAlloc { Size = IommuHwptAlloc.StructSize, Flags = flags, DevId = Device.Id, PtId = Ioas };
        Assert.Equal(Errno.None, Iommufd.Call(IommufdIoctl.IOMMU_HWPT_ALLOC, ref alloc));
        return alloc.OutHwptId;
    }

    /// <summary>A table that the device is attached to, and that remembers.</summary>
    public uint AllocateTracking()
    {
        var table = Allocate();
        Attach(table);
        Assert.Equal(Errno.None, Set(table, true));
        return table;
    }

    public void Attach(uint table) => Assert.Equal(Errno.None, Iommufd.Attach(Device, table));

    public void Map(ulong iova, int pages, int from = 1)
        => Assert.Equal(Errno.None, Iommufd.Map(Ioas, iova, (ulong)pages * Page, FakeMemory.Page(from)));

    public Errno Set(uint table, bool on)
        => Iommufd.Call(IommufdIoctl.IOMMU_HWPT_SET_DIRTY_TRACKING, new IommuHwptSetDirtyTracking
        {
            Size = IommuHwptSetDirtyTracking.StructSize,
            HwptId = table,
            Flags = on ? IommuHwptSetDirtyTrackingFlags.IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
        });

    public Errno Get(
        uint table, ulong iova, ulong length, ulong pageSize = Page, bool clears = true, ulong? data = null)
        => Iommufd.Call(IommufdIoctl.IOMMU_HWPT_GET_DIRTY_BITMAP, new IommuHwptGetDirtyBitmap
        {
            Size = IommuHwptGetDirtyBitmap.StructSize,
            HwptId = table,
            Flags = clears ? 0 : IommuHwptGetDirtyBitmapFlags.IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR,
            Iova = iova,
            Length = length,
            PageSize = pageSize,
            Data = data ?? BitmapAt,
        });

    /// <summary>The numbers of the bits that a call sets in an empty bitmap.</summary>
    public int[] Bits(uint table, ulong iova, int pages, ulong pageSize = Page, bool clears = true)
    {
        var bitmap = Memory.Bytes.AsSpan((int)(BitmapAt - FakeMemory.Base));
        bitmap.Clear();
        Assert.Equal(Errno.None, Get(table, iova, (ulong)pages * Page, pageSize, clears));
        var bits = new List<int>();
        for (var bit = 0; bit < bitmap.Length * 8; bit++)
        {
            if ((bitmap[bit / 8] >> (bit % 8) & 1) != 0)
            {
                bits.Add(bit);
            }
        }

        return [.. bits];
    }
}
