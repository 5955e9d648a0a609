using Viaduct.Abi;

namespace Viaduct.Iommu.Tests;

/// <summary>Address spaces that no device is attached to.</summary>
public sealed class IoasTests
{
    private const ulong Page = IommufdRig.PageSize;

    private readonly IommufdRig _rig = new();
    private readonly uint _ioas;

    public IoasTests() => _ioas = _rig.AllocateIoas();

    [Fact]
    public void All_addresses_are_usable_and_nothing_need_be_aligned()
    {
        Assert.Equal(Errno.EMSGSIZE, _rig.Ranges(_ioas, 0, out var answer, out _));
        Assert.Equal((1u, 1ul), (answer.NumIovas, answer.OutIovaAlignment));
        Assert.Equal(Errno.None, _rig.Ranges(_ioas, 2, out _, out var ranges));
        Assert.Equal([(0ul, ulong.MaxValue)], ranges.Select(r => (r.Start, r.Last)));
        Assert.Equal(Errno.None, _rig.Map(_ioas, 0x20001, 3, FakeMemory.Page(1) + 1));
    }

    [Fact]
    public void Memory_is_neither_looked_at_nor_locked()
    {
        Assert.Equal(Errno.None, _rig.Map(_ioas, 0x1000, Page, address: 0x5000));
        Assert.Equal(0, _rig.Memory.Source.Pins);
        Assert.Equal(0ul, _rig.Task.UserLocked.Pages);
        Assert.Equal(1, _rig.Context.MappingCount);
    }

    [Theory]
    [InlineData(0x10000ul, 0ul, Errno.EINVAL)]
    [InlineData(0x10000ul, ulong.MaxValue, Errno.EOVERFLOW)]
    [InlineData(ulong.MaxValue, 0x1000ul, Errno.EOVERFLOW)]
    [InlineData(0xfffffffffffff001ul, 0x1000ul, Errno.EOVERFLOW)]
    [InlineData(0xfffffffffffff000ul, 0x1000ul, Errno.None)]
    [InlineData(0x1fffful, 1ul, Errno.EEXIST)]
    [InlineData(0xffff, 1ul, Errno.None)]
    public void A_fixed_mapping_must_fit(ulong iova, ulong length, Errno expected)
    {
        Assert.Equal(Errno.None, _rig.Map(_ioas, 0x10000, 0x10000));
        Assert.Equal(expected, _rig.Map(_ioas, iova, length));
    }

    [Fact]
    public void A_mapping_needs_access_and_a_known_address_space()
    {
        Assert.Equal(Errno.EINVAL, _rig.Map(_ioas, 0, Page, flags: IommuIoasMapFlags.IOMMU_IOAS_MAP_FIXED_IOVA));
        Assert.Equal(Errno.EOPNOTSUPP, _rig.Map(_ioas, 0, Page, flags: (IommuIoasMapFlags)8));
        Assert.Equal(Errno.ENOENT, _rig.Map(99, 0, 0));
        Assert.Equal(Errno.EOVERFLOW, _rig.Map(_ioas, 0, 2 * Page, ulong.MaxValue - Page));
    }

    [Fact]
    public void Unmap_takes_whole_mappings_only()
    {
        _rig.Map(_ioas, 0x10000, 2 * Page);
        Assert.Equal(Errno.ENOENT, _rig.Unmap(_ioas, 0x10000, Page, out _));
        Assert.Equal(Errno.ENOENT, _rig.Unmap(_ioas, 0x11000, 4 * Page, out _));
        Assert.Equal(Errno.ENOENT, _rig.Unmap(_ioas, 0x20000, Page, out _));
        Assert.Equal(Errno.EINVAL, _rig.Unmap(_ioas, 0x10000, 0, out _));
        Assert.Equal(Errno.EOVERFLOW, _rig.Unmap(_ioas, 0x10000, ulong.MaxValue, out _));
        Assert.Equal(Errno.EOVERFLOW, _rig.Unmap(_ioas, 0xfffffffffffff000, Page + 1, out _));
        Assert.Equal(Errno.None, _rig.Unmap(_ioas, 0xf000, 8 * Page, out var unmapped));
        Assert.Equal(2 * Page, unmapped);
    }

    [Fact]
    public void Everything_can_be_unmapped_also_nothing()
    {
        for (var i = 0ul; i < 200; i++)
        {
            Assert.Equal(Errno.None, _rig.Map(_ioas, i * 2 * Page, Page));
        }

        Assert.Equal(Errno.None, _rig.Unmap(_ioas, 0, ulong.MaxValue, out var unmapped));
        Assert.Equal(200 * Page, unmapped);
        Assert.Equal(Errno.None, _rig.Unmap(_ioas, 0, ulong.MaxValue, out unmapped));
        Assert.Equal(0ul, unmapped);
    }

    [Fact]
    public void An_address_is_found_with_the_alignment_of_the_memory()
    {
        ulong[] found = new ulong[3];
        var address = 0x4000_0000ul;
        Assert.Equal(Errno.None, _rig.Map(_ioas, ref found[0], Page, address, IommufdRig.ReadWrite));
        Assert.Equal(Errno.None, _rig.Map(_ioas, ref found[1], 0x10000, address, IommufdRig.ReadWrite));
        Assert.Equal(Errno.None, _rig.Map(_ioas, ref found[2], 3, address + 5, IommufdRig.ReadWrite));
        Assert.Equal([0x1000ul, 0x10000ul, 0x2005ul], found);
    }

    [Fact]
    public void Addresses_are_found_among_the_allowed_ones()
    {
        Assert.Equal(Errno.None, _rig.Allow(_ioas, (0x100000, 0x10ffff), (0x300000, 0x3fffff)));
        ulong first = 0, second = 0, third = 0;
        Assert.Equal(Errno.None, _rig.Map(_ioas, ref first, 0x10000, 0x40000000, IommufdRig.ReadWrite));
        Assert.Equal(Errno.None, _rig.Map(_ioas, ref second, Page, 0x40000000, IommufdRig.ReadWrite));
        Assert.Equal(Errno.ENOSPC, _rig.Map(_ioas, ref third, 0x100000, 0x40000000, IommufdRig.ReadWrite));
        Assert.Equal((0x100000ul, 0x300000ul), (first, second));
        Assert.Equal(Errno.None, _rig.Map(_ioas, 0x900000, Page));
    }

    [Fact]
    public void Allowed_ranges_go_upwards_and_do_not_overlap()
    {
        Assert.Equal(Errno.EINVAL, _rig.Allow(_ioas, (0x2000, 0x1fff)));
        Assert.Equal(Errno.EINVAL, _rig.Allow(_ioas, (0x2000, 0x2000)));
        Assert.Equal(Errno.EINVAL, _rig.Allow(_ioas, (0x1000, 0x2fff), (0x2000, 0x3fff)));
        Assert.Equal(Errno.ENOENT, _rig.Allow(99));
    }

    [Fact]
    public void A_copy_takes_what_is_mapped_without_a_gap()
    {
        var other = _rig.AllocateIoas();
        _rig.Map(_ioas, 0x10000, Page);
        _rig.Map(_ioas, 0x11000, Page, FakeMemory.Page(8));
        Assert.Equal(Errno.None, _rig.Copy(other, _ioas, 2 * Page, 0x50000, 0x10000));
        Assert.Equal(Errno.ENOENT, _rig.Copy(other, _ioas, 3 * Page, 0x60000, 0x10000));
        Assert.Equal(Errno.ENOENT, _rig.Copy(other, _ioas, Page, 0x60000, 0xf000));
        Assert.Equal(Errno.EEXIST, _rig.Copy(other, _ioas, Page, 0x51000, 0x10000));
        Assert.Equal(Errno.ENOENT, _rig.Unmap(other, 0x50000, 3 * Page / 2, out _));
        Assert.Equal(3, _rig.Context.MappingCount);
        Assert.Equal(Errno.None, _rig.Unmap(other, 0x51000, Page, out _));
    }

    [Fact]
    public void A_copy_may_not_write_what_was_mapped_to_read()
    {
        const IommuIoasMapFlags Read
            = IommuIoasMapFlags.IOMMU_IOAS_MAP_READABLE | IommuIoasMapFlags.IOMMU_IOAS_MAP_FIXED_IOVA;
        _rig.Map(_ioas, 0x10000, Page);
        _rig.Map(_ioas, 0x11000, Page, flags: Read);
        Assert.Equal(Errno.EPERM, _rig.Copy(_ioas, _ioas, 2 * Page, 0x50000, 0x10000));
        Assert.Equal(2, _rig.Context.MappingCount);
        Assert.Equal(Errno.None, _rig.Copy(_ioas, _ioas, 2 * Page, 0x50000, 0x10000, Read));
    }
}
