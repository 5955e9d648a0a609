using Viaduct.Abi;
using Viaduct.Iommu.NoIommu;
using Viaduct.Memory;

namespace Viaduct.Iommu.Tests.NoIommu;

/// <summary>An iommufd and devices that no IOMMU is before: the goldens noiommu_iommufd and noiommu_mixed.</summary>
public sealed class NoIommuIommufdTests
{
    private const ulong Iova = 0x10000;
    private const ulong Page = IommufdRig.PageSize;

    private readonly PhysicalMemory _memory = new();
    private readonly IommuGroup _group;
    private readonly IommufdRig _rig = new();
    private readonly DmaPort _port;

    public NoIommuIommufdTests()
    {
        _group = new IommuGroup(7, IommuUnit.None(_memory));
        _port = new DmaPort(_group) { BusMaster = true };
        _rig.Task.Capabilities.Add(Capability.SysRawIo);
    }

    [Fact]
    public void An_address_is_that_of_the_memory_which_is_mapped()
    {
        var ioas = AttachedIoas();
        _rig.Memory.Bytes[(int)Page + 5] = 0x77;
        Assert.Equal(Errno.None, _rig.Map(ioas, Iova, 2 * Page));
        Assert.Equal(Errno.None, Ask(ioas, Iova + 5, ulong.MaxValue, out var answer));
        Assert.True(_memory.TryGetAddress(_rig.Memory, FakeMemory.Page(1) + 5, out var physical));
        Assert.Equal((physical, (2 * Page) - 5), (answer.OutPhys, answer.Length));
        var read = new byte[1];
        Assert.True(_port.Read(physical, read).IsOk);
        Assert.Equal(0x77, read[0]);
        Assert.False(_port.Read(Iova, read).IsOk);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 4096)]
    [InlineData(ulong.MaxValue, 4096)]
    public void A_run_is_no_longer_than_asked_for_and_than_its_mapping(ulong wanted, ulong expected)
    {
        var ioas = AttachedIoas();
        Assert.Equal(Errno.None, _rig.Map(ioas, Iova, Page));
        Assert.Equal(Errno.None, _rig.Map(ioas, Iova + Page, Page, FakeMemory.Page(2)));
        Assert.Equal(Errno.None, Ask(ioas, Iova, wanted, out var answer));
        Assert.Equal(expected, answer.Length);
    }

    [Fact]
    public void The_last_address_of_all_can_be_mapped_but_not_asked_for()
    {
        var ioas = AttachedIoas();
        Assert.Equal(Errno.None, _rig.Map(ioas, unchecked(0UL - Page), Page));
        Assert.Equal(Errno.None, Ask(ioas, ulong.MaxValue - 1, ulong.MaxValue, out var answer));
        Assert.Equal(2UL, answer.Length);
        Assert.Equal(Errno.EOVERFLOW, Ask(ioas, ulong.MaxValue, 1, out _));
    }

    [Fact]
    public void Checks_come_in_the_kernels_order()
    {
        var ioas = _rig.AllocateIoas();
        var command = Command(ioas, Iova, 0);
        command.Flags = 1;
        Assert.Equal(Errno.EOPNOTSUPP, _rig.Call(IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA, command));
        command = Command(99, ulong.MaxValue, 0);
        Assert.Equal(Errno.EINVAL, _rig.Call(IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA, command));
        Assert.Equal(Errno.EOVERFLOW, Ask(99, ulong.MaxValue, 1, out _));
        Assert.Equal(Errno.ENOENT, Ask(99, Iova, 1, out _));
        Assert.Equal(Errno.ENOENT, Ask(ioas, Iova, 1, out _));
        Assert.Equal(Errno.None, _rig.Map(ioas, Iova, Page));
        Assert.Equal(Errno.EOPNOTSUPP, Ask(ioas, Iova, 1, out _));
        _rig.Task.Capabilities.Clear();
        Assert.Equal(Errno.EPERM, Ask(99, Iova, 0, out _));
    }

    [Fact]
    public void The_first_page_table_decides_whether_there_are_addresses()
    {
        var ioas = AttachedIoas();
        Assert.Equal(Errno.None, _rig.Map(ioas, Iova, Page));
        var translated = _rig.Bind();
        Assert.Equal(Errno.None, _rig.Attach(translated, ioas));
        Assert.Equal(Errno.None, Ask(ioas, Iova, 1, out _));

        var other = _rig.AllocateIoas();
        var second = _rig.Bind(new IommuGroup(3, Type1Rig.Unit));
        Assert.Equal(Errno.None, _rig.Attach(second, other));
        Assert.Equal(Errno.None, _rig.Map(other, Iova, Page));
        var without = _rig.Bind(new IommuGroup(8, _group.Unit));
        Assert.Equal(Errno.None, _rig.Attach(without, other));
        Assert.Equal(Errno.EOPNOTSUPP, Ask(other, Iova, 1, out _));
    }

    [Fact]
    public void Every_page_table_takes_a_device_that_needs_none()
    {
        var ioas = _rig.AllocateIoas();
        var translated = _rig.Bind();
        uint table = ioas, same = ioas;
        Assert.Equal(Errno.None, _rig.Attach(translated, ref table));
        var device = _rig.Bind(_group);
        Assert.Equal(Errno.None, _rig.Attach(device, ref same));
        Assert.Equal(table, same);
    }

    [Fact]
    public void A_page_table_without_an_IOMMU_takes_no_other_device()
    {
        var ioas = AttachedIoas(out var table);
        var translated = _rig.Bind();
        Assert.Equal(Errno.EINVAL, _rig.Attach(translated, table));
        Assert.Equal(Errno.None, _rig.Attach(translated, _rig.AllocateIoas()));
        Assert.Equal(Errno.ENODEV, _rig.Attach(translated, table));
        Assert.Equal(Errno.ENODEV, _rig.Attach(translated, ioas));
    }

    [Fact]
    public void A_files_memory_has_addresses_while_it_is_mapped()
    {
        const int Fd = 4;
        var ioas = AttachedIoas();
        _rig.Files.Memory[Fd] = new FakeFile(4);
        Assert.Equal(Errno.None, _rig.Call(IommufdIoctl.IOMMU_IOAS_MAP_FILE, new IommuIoasMapFile
        {
            Size = IommuIoasMapFile.StructSize,
            Flags = IommufdRig.Fixed,
            IoasId = ioas,
            Fd = Fd,
            Start = Page,
            Length = 2 * Page,
            Iova = Iova,
        }));
        Assert.Equal(Errno.None, Ask(ioas, Iova + Page, ulong.MaxValue, out var answer));
        Assert.Equal(Page, answer.Length);
        Assert.True(_port.Write(answer.OutPhys, [5]).IsOk);
        Assert.Equal(Errno.None, Ask(ioas, Iova, 1, out var first));
        Assert.Equal(answer.OutPhys - Page, first.OutPhys);
        Assert.Equal(Errno.None, _rig.Unmap(ioas, Iova, 2 * Page, out _));
        Assert.False(_port.Write(answer.OutPhys, [5]).IsOk);
        Assert.Equal(0, _rig.Files.Memory[Fd].Pins);
    }

    [Fact]
    public void Attaching_leaves_DMA_as_it_is()
    {
        Assert.Same(_memory.Space, _group.AddressSpace);
        var device = _rig.Bind(_group);
        Assert.Equal(Errno.None, _rig.Attach(device, _rig.AllocateIoas()));
        Assert.Same(_memory.Space, _group.AddressSpace);
        device.Unbind();
        Assert.Same(_memory.Space, _group.AddressSpace);
    }

    [Fact]
    public void There_is_no_hardware_to_tell_of_and_no_table_for_PASIDs()
    {
        var ioas = _rig.AllocateIoas();
        var device = _rig.Bind(_group);
        Assert.Equal(
            Errno.EOPNOTSUPP,
            _rig.Call(IommufdIoctl.IOMMU_GET_HW_INFO, new IommuHwInfo { Size = IommuHwInfo.StructSize, DevId = device.Id }));
        var alloc = new IommuHwptAlloc { Size = IommuHwptAlloc.StructSize, DevId = device.Id, PtId = ioas };
        Assert.Equal(Errno.None, _rig.Call(IommufdIoctl.IOMMU_HWPT_ALLOC, alloc));
        alloc.Flags = IommuHwptAllocFlags.IOMMU_HWPT_ALLOC_PASID;
        Assert.Equal(Errno.EOPNOTSUPP, _rig.Call(IommufdIoctl.IOMMU_HWPT_ALLOC, alloc));
    }

    [Fact]
    public void In_a_containers_place_it_is_one_kind_or_the_other()
    {
        Assert.Equal(Errno.None, _rig.Context.CreateCompatIoas().Errno);
        Assert.Equal(Errno.EINVAL, _rig.Context.SetNoIommu().Errno);
        var rig = new IommufdRig();
        Assert.Equal(Errno.EINVAL, SetIommu(rig, VfioIommuType.VFIO_NOIOMMU_IOMMU));
        Assert.Equal(Errno.None, rig.Context.SetNoIommu().Errno);
        Assert.Equal(Errno.EINVAL, rig.Context.CreateCompatIoas().Errno);
        Assert.Equal(Errno.EINVAL, SetIommu(rig, VfioIommuType.VFIO_TYPE1_IOMMU));
        Assert.Equal(Errno.EPERM, SetIommu(rig, VfioIommuType.VFIO_NOIOMMU_IOMMU));
        rig.Task.Capabilities.Add(Capability.SysRawIo);
        Assert.Equal(Errno.None, SetIommu(rig, VfioIommuType.VFIO_NOIOMMU_IOMMU));
        Assert.Equal(0, rig.Context.Ioctl(rig.Task, VfioIoctl.VFIO_CHECK_EXTENSION, VfioIommuType.VFIO_TYPE1_IOMMU).Raw);
        Assert.Equal(1, rig.Context.Ioctl(rig.Task, VfioIoctl.VFIO_CHECK_EXTENSION, VfioIommuType.VFIO_NOIOMMU_IOMMU).Raw);
    }

    private static Errno SetIommu(IommufdRig rig, ulong type) => rig.Context.Ioctl(rig.Task, VfioIoctl.VFIO_SET_IOMMU, type).Errno;

    private static IommuIoasNoiommuGetPa Command(uint ioas, ulong iova, ulong length) => new()
    {
        Size = IommuIoasNoiommuGetPa.StructSize,
        IoasId = ioas,
        Iova = iova,
        Length = length,
    };

    private uint AttachedIoas() => AttachedIoas(out _);

    private uint AttachedIoas(out uint table)
    {
        var ioas = table = _rig.AllocateIoas();
        Assert.Equal(Errno.None, _rig.Attach(_rig.Bind(_group), ref table));
        return ioas;
    }

    private Errno Ask(uint ioas, ulong iova, ulong length, out IommuIoasNoiommuGetPa answer)
    {
        answer = Command(ioas, iova, length);
        return _rig.Call(IommufdIoctl.IOMMU_IOAS_NOIOMMU_GET_PA, ref answer);
    }
}
