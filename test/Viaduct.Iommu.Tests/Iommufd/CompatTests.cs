using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>An iommufd in the place of a container.</summary>
public sealed class CompatTests
{
    private const ulong Page = IommufdRig.PageSize;

    private readonly IommufdRig _rig = new();

    [Fact]
    public void Nothing_works_before_there_is_an_address_space()
    {
        Assert.Equal(Errno.ENODEV, _rig.Context.GetCompatIoas().Errno);
        Assert.Equal(Errno.ENODEV, Map(0x10000, Page));
        Assert.Equal(Errno.ENODEV, Unmap(0x10000, Page, out _));
        Assert.Equal(Errno.ENODEV, SetIommu(VfioIommuType.VFIO_TYPE1_IOMMU));
        Assert.Equal(Errno.EINVAL, SetIommu(VfioIommuType.VFIO_SPAPR_TCE_IOMMU));
    }

    [Fact]
    public void The_address_space_is_made_once_and_goes_when_the_client_destroys_it()
    {
        Assert.Equal(Errno.None, _rig.Context.CreateCompatIoas().Errno);
        Assert.Equal(1, _rig.Context.GetCompatIoas().Raw);
        Assert.Equal(Errno.None, _rig.Context.CreateCompatIoas().Errno);
        Assert.Equal(2u, _rig.AllocateIoas());
        Assert.Equal(Errno.None, _rig.Destroy(1));
        Assert.Equal(Errno.ENODEV, _rig.Context.GetCompatIoas().Errno);
    }

    [Fact]
    public void Type1v2_unmaps_whole_mappings_only()
    {
        _rig.Context.CreateCompatIoas();
        Assert.Equal(Errno.None, Map(0x10000, 8 * Page));
        Assert.Equal(Errno.ENOENT, Unmap(0x12000, Page, out var unmapped));
        Assert.Equal(0ul, unmapped);
        Assert.Equal(Errno.None, Unmap(0x90000, Page, out unmapped));
        Assert.Equal(0ul, unmapped);
    }

    [Fact]
    public void Type1_cuts_a_mapping_while_devices_use_the_rest()
    {
        _rig.Context.CreateCompatIoas();
        Assert.Equal(Errno.None, SetIommu(VfioIommuType.VFIO_TYPE1_IOMMU));
        var device = _rig.Bind();
        Assert.Equal(Errno.None, _rig.Attach(device, 1));
        for (var i = 0; i < 8; i++)
        {
            _rig.Memory.Bytes[((1 + i) * (int)Page) + 5] = (byte)(i + 1);
        }

        Assert.Equal(Errno.None, Map(0x10000, 8 * Page));
        Assert.Equal(Errno.None, Unmap(0x12000, 2 * Page, out var unmapped));
        Assert.Equal(2 * Page, unmapped);
        byte?[] seen = [.. Enumerable.Range(0, 8).Select(i => _rig.Fetch(0x10005 + ((ulong)i * Page)))];
        Assert.Equal([1, 2, null, null, 5, 6, 7, 8], seen);
        Assert.Equal((1, 6ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
        Assert.Equal(Errno.None, Unmap(0x10000, 2 * Page, out _));
        Assert.Equal((1, 4ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
        Assert.Equal(Errno.None, Unmap(0x10000, 8 * Page, out unmapped));
        Assert.Equal(4 * Page, unmapped);
        Assert.Equal((0, 0ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
    }

    [Fact]
    public void A_copy_of_memory_that_is_held_is_not_charged_again()
    {
        var ioas = _rig.AllocateIoas();
        Assert.Equal(Errno.None, _rig.Attach(_rig.Bind(), ioas));
        Assert.Equal(Errno.None, _rig.Map(ioas, 0x10000, 8 * Page));
        Assert.Equal(Errno.None, _rig.Copy(ioas, ioas, 4 * Page, 0x50000, 0x12000));
        Assert.Equal((8ul, 8ul), (_rig.Task.UserLocked.Pages, _rig.Memory.Locked.PinnedPages));
        Assert.Equal(Errno.None, _rig.Unmap(ioas, 0x10000, 8 * Page, out _));
        Assert.Equal((4ul, 4ul), (_rig.Task.UserLocked.Pages, _rig.Memory.Locked.PinnedPages));
        Assert.NotNull(_rig.Fetch(0x50000));
        Assert.Equal(Errno.None, _rig.Unmap(ioas, 0x50000, 4 * Page, out _));
        Assert.Equal((0ul, 0ul), (_rig.Task.UserLocked.Pages, _rig.Memory.Locked.PinnedPages));
    }

    private Errno SetIommu(ulong type) => _rig.Context.Ioctl(_rig.Task, VfioIoctl.VFIO_SET_IOMMU, type).Errno;

    private Errno Map(ulong iova, ulong size)
        => _rig.Call(VfioIoctl.VFIO_IOMMU_MAP_DMA, new VfioIommuType1DmaMap
        {
            ArgSz = VfioIommuType1DmaMap.MinSize,
            Flags = VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ | VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE,
            Vaddr = FakeMemory.Page(1),
            Iova = iova,
            Size = size,
        });

    private Errno Unmap(ulong iova, ulong size, out ulong unmapped)
    {
        var unmap = new VfioIommuType1DmaUnmap { ArgSz = VfioIommuType1DmaUnmap.MinSize, Iova = iova, Size = size };
        var error = _rig.Call(VfioIoctl.VFIO_IOMMU_UNMAP_DMA, ref unmap);
        unmapped = unmap.Size;
        return error;
    }
}
