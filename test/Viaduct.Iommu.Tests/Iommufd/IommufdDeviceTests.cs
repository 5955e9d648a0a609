using Viaduct.Abi;
using Viaduct.Iommu.Iommufd;

namespace Viaduct.Iommu.Tests;

/// <summary>Devices: binding, attaching, replacing, and what their IOMMU takes out of an address space.</summary>
public sealed class IommufdDeviceTests
{
    private const ulong Page = IommufdRig.PageSize;
    private const ulong Msi = 0xfee00000;

    private readonly IommufdRig _rig = new();

    [Fact]
    public void A_bound_device_has_an_id_that_nobody_can_destroy()
    {
        var device = _rig.Bind();
        Assert.Equal(1u, device.Id);
        Assert.Equal(Errno.EBUSY, _rig.Destroy(1));
        device.Unbind();
        Assert.Equal(Errno.ENOENT, _rig.Destroy(1));
    }

    [Fact]
    public void A_group_has_one_owner()
    {
        var device = _rig.Bind();
        var other = new IommufdContext(new FakeFiles());
        Assert.Equal(Errno.EPERM, other.Bind(_rig.Group, out _).Errno);
        var second = _rig.Bind();
        device.Unbind();
        Assert.Equal(Errno.EPERM, other.Bind(_rig.Group, out _).Errno);
        second.Unbind();
        Assert.Equal(Errno.None, other.Bind(_rig.Group, out _).Errno);
    }

    [Fact]
    public void A_device_that_could_forge_interrupts_is_refused()
    {
        var group = new IommuGroup(2, Type1Rig.Unit with { HasIsolatedMsi = false });
        Assert.Equal(Errno.EPERM, _rig.Context.Bind(group, out _).Errno);
    }

    [Fact]
    public void Attaching_makes_a_page_table_that_goes_with_the_device()
    {
        var ioas = _rig.AllocateIoas();
        var device = _rig.Bind();
        Assert.Equal(Errno.ENOENT, _rig.Attach(device, 99));
        Assert.Equal(Errno.EINVAL, _rig.Attach(device, device.Id));
        var table = ioas;
        Assert.Equal(Errno.None, _rig.Attach(device, ref table));
        Assert.Equal(3u, table);
        Assert.Equal(Errno.None, _rig.Attach(device, table));
        Assert.Equal(Errno.EBUSY, _rig.Destroy(table));
        Assert.Equal(Errno.EBUSY, _rig.Destroy(ioas));
        device.Detach();
        device.Detach();
        Assert.Equal(Errno.ENOENT, _rig.Destroy(table));
        Assert.Equal(Errno.None, _rig.Destroy(ioas));
    }

    [Fact]
    public void Page_tables_take_no_PASID()
    {
        var ioas = _rig.AllocateIoas();
        var device = _rig.Bind();
        Assert.Equal(Errno.EINVAL, device.AttachPasid(0, ioas).Errno);
        Assert.Equal(Errno.None, _rig.Attach(device, ioas));
        Assert.Equal(Errno.ENOENT, device.AttachPasid(1, 99).Errno);
        Assert.Equal(Errno.EINVAL, device.AttachPasid(1, ioas).Errno);
        Assert.Equal(Errno.EINVAL, device.AttachPasid(0, device.Id).Errno);
        Assert.Equal(Errno.EBUSY, device.AttachPasid(0, ioas).Errno);
    }

    [Fact]
    public void A_unit_takes_its_reserved_ranges_and_what_it_cannot_address()
    {
        var ioas = _rig.AllocateIoas();
        var device = _rig.Bind();
        Assert.Equal(Errno.None, _rig.Attach(device, ioas));
        Assert.Equal(Errno.None, _rig.Ranges(ioas, 8, out var answer, out var ranges));
        Assert.Equal(Page, answer.OutIovaAlignment);
        Assert.Equal([(0ul, 0xfedfffff), (0xfef00000, (1ul << 48) - 1)], ranges.Select(r => (r.Start, r.Last)));
        Assert.Equal(Errno.EINVAL, _rig.Map(ioas, Msi, Page));
        Assert.Equal(Errno.EINVAL, _rig.Map(ioas, 1ul << 48, Page));
        Assert.Equal(Errno.EADDRINUSE, _rig.Allow(ioas, (Msi - 1, Msi)));
        device.Detach();
        Assert.Equal(Errno.None, _rig.Ranges(ioas, 8, out answer, out ranges));
        Assert.Equal((1ul, 1), (answer.OutIovaAlignment, ranges.Length));
    }

    [Theory]
    [InlineData(Msi, Page)]
    [InlineData(1ul << 48, Page)]
    [InlineData(0x10000ul, 5ul)]
    [InlineData(0x10001ul, Page)]
    public void What_a_unit_cannot_translate_bars_it(ulong iova, ulong length)
    {
        var ioas = _rig.AllocateIoas();
        _rig.Map(ioas, 0x1000, Page);
        _rig.Map(ioas, iova, length);
        var device = _rig.Bind();
        Assert.Equal(Errno.EADDRINUSE, _rig.Attach(device, ioas));
        Assert.Null(_rig.Group.AddressSpace);
        Assert.Equal(0, _rig.Memory.Source.Pins);
        Assert.Equal(Errno.None, _rig.Unmap(ioas, iova, length, out _));
        var table = ioas;
        Assert.Equal(Errno.None, _rig.Attach(device, ref table));
        Assert.Equal(3u, table);
    }

    [Fact]
    public void Memory_is_locked_by_the_first_attachment_and_given_back_by_the_last()
    {
        var ioas = _rig.AllocateIoas();
        _rig.Map(ioas, 0x10000, 2 * Page);
        var device = _rig.Bind();
        _rig.Memory.Bytes[Page] = 42;
        Assert.Null(_rig.Fetch(0x10000));
        Assert.Equal(Errno.None, _rig.Attach(device, ioas));
        Assert.Equal((1, 2ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
        Assert.Equal((byte)42, _rig.Fetch(0x10000));
        Assert.Equal(Errno.None, _rig.Map(ioas, 0x20000, Page));
        Assert.Equal((2, 3ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
        Assert.Equal(Errno.None, _rig.Unmap(ioas, 0x10000, 2 * Page, out _));
        Assert.Null(_rig.Fetch(0x10000));
        Assert.Equal((byte)42, _rig.Fetch(0x20000));
        device.Detach();
        Assert.Null(_rig.Fetch(0x20000));
        Assert.Equal((0, 0ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
    }

    [Fact]
    public void Bad_memory_fails_the_attachment_and_leaves_nothing_locked()
    {
        var ioas = _rig.AllocateIoas();
        _rig.Map(ioas, 0x10000, Page);
        _rig.Map(ioas, 0x20000, Page, address: 0x5000);
        var device = _rig.Bind();
        Assert.Equal(Errno.EFAULT, _rig.Attach(device, ioas));
        Assert.Equal((0, 0ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
        Assert.Equal(Errno.None, _rig.Ranges(ioas, 8, out _, out var ranges));
        Assert.Single(ranges);
    }

    [Fact]
    public void A_mapping_of_an_attached_address_space_fails_with_its_memory()
    {
        var ioas = _rig.AllocateIoas();
        Assert.Equal(Errno.None, _rig.Attach(_rig.Bind(), ioas));
        _rig.Task.UserLocked.Enforced = true;
        _rig.Task.Limit = 2;
        _rig.Memory.BarPages.Add(FakeMemory.Page(5) / Page);
        _rig.Memory.ReadOnly.Add(FakeMemory.Page(6) / Page);
        Assert.Equal(Errno.EFAULT, _rig.Map(ioas, 0x10000, Page, 0x5000));
        Assert.Equal(Errno.EFAULT, _rig.Map(ioas, 0x10000, Page, FakeMemory.Page(5)));
        Assert.Equal(Errno.EFAULT, _rig.Map(ioas, 0x10000, Page, FakeMemory.Page(6)));
        Assert.Equal(Errno.ENOMEM, _rig.Map(ioas, 0x10000, 3 * Page));
        Assert.Equal(Errno.EINVAL, _rig.Map(ioas, 0x10000, Page, FakeMemory.Page(1) + 1));
        Assert.Equal(Errno.None, _rig.Map(ioas, 0x10000, 2 * Page));
        Assert.Equal((1, 2ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
    }

    [Fact]
    public void A_device_moves_to_another_address_space_or_stays_where_it_was()
    {
        uint here = _rig.AllocateIoas(), there = _rig.AllocateIoas();
        _rig.Map(here, 0x10000, Page);
        _rig.Map(there, Msi, Page);
        var device = _rig.Bind();
        Assert.Equal(Errno.None, _rig.Attach(device, here));
        Assert.Equal(Errno.EADDRINUSE, _rig.Attach(device, there));
        Assert.NotNull(_rig.Fetch(0x10000));
        _rig.Unmap(there, Msi, Page, out _);
        _rig.Map(there, 0x20000, Page);
        Assert.Equal(Errno.None, _rig.Attach(device, there));
        Assert.Null(_rig.Fetch(0x10000));
        Assert.NotNull(_rig.Fetch(0x20000));
        Assert.Equal(1, _rig.Memory.Source.Pins);
        Assert.Equal(Errno.None, _rig.Destroy(here));
    }

    [Fact]
    public void Two_groups_share_an_address_spaces_page_table()
    {
        var ioas = _rig.AllocateIoas();
        var other = new IommuGroup(2, Type1Rig.Unit);
        IommufdDevice first = _rig.Bind(), second = _rig.Bind(other);
        uint firstTable = ioas, secondTable = ioas;
        Assert.Equal(Errno.None, _rig.Attach(first, ref firstTable));
        Assert.Equal(Errno.None, _rig.Attach(second, ref secondTable));
        Assert.Equal(firstTable, secondTable);
        Assert.Same(_rig.Group.AddressSpace, other.AddressSpace);
        first.Detach();
        Assert.Equal(Errno.None, _rig.Ranges(ioas, 8, out _, out var ranges));
        Assert.Equal(2, ranges.Length);
        second.Unbind();
        Assert.Equal(Errno.ENOENT, _rig.Destroy(firstTable));
    }

    [Fact]
    public void Devices_of_one_group_are_attached_to_the_same()
    {
        uint here = _rig.AllocateIoas(), there = _rig.AllocateIoas();
        IommufdDevice first = _rig.Bind(), second = _rig.Bind();
        Assert.Equal(Errno.None, _rig.Attach(first, here));
        Assert.Equal(Errno.EINVAL, _rig.Attach(second, there));
        Assert.Equal(Errno.None, _rig.Attach(second, here));
        Assert.Equal(Errno.None, _rig.Attach(second, there));
        Assert.Equal(Errno.None, _rig.Destroy(here));
        first.Detach();
        Assert.NotNull(_rig.Group.AddressSpace);
        second.Detach();
        Assert.Null(_rig.Group.AddressSpace);
        Assert.Equal(Errno.None, _rig.Destroy(there));
    }

    [Fact]
    public void The_last_one_to_leave_gives_everything_back()
    {
        var ioas = _rig.AllocateIoas();
        _rig.Map(ioas, 0x10000, Page);
        var device = _rig.Bind();
        Assert.Equal(Errno.None, _rig.Attach(device, ioas));
        _rig.Context.Put();
        Assert.NotNull(_rig.Fetch(0x10000));
        device.Unbind();
        Assert.Null(_rig.Fetch(0x10000));
        Assert.Equal((0, 0ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
        Assert.Equal(0, _rig.Context.MappingCount);
    }
}
