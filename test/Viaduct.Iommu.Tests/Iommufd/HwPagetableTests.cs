using Viaduct.Abi;
using Viaduct.Iommu.Iommufd;
using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

/// <summary>Page tables that clients make, files as memory, and fault queues.</summary>
public sealed class HwPagetableTests
{
    private const ulong Page = IommufdRig.PageSize;

    private readonly IommufdRig _rig = new();

    [Fact]
    public void A_page_table_of_the_clients_stays_until_it_is_destroyed()
    {
        var ioas = _rig.AllocateIoas();
        var device = _rig.Bind();
        var table = Allocate(device, ioas);
        Assert.Equal(3u, table);
        Assert.Equal(Errno.EBUSY, _rig.Destroy(ioas));
        Assert.Equal(Errno.None, _rig.Attach(device, table));
        Assert.Equal(Errno.EBUSY, _rig.Destroy(table));
        device.Detach();
        Assert.Equal(Errno.None, _rig.Destroy(table));
        Assert.Equal(Errno.None, _rig.Destroy(ioas));
    }

    [Fact]
    public void It_holds_memory_without_any_device()
    {
        var ioas = _rig.AllocateIoas();
        Assert.Equal(Errno.None, _rig.Map(ioas, 0x10000, 2 * Page));
        var table = Allocate(_rig.Bind(), ioas);
        Assert.Equal((1, 2ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
        Assert.Equal(Errno.None, _rig.Destroy(table));
        Assert.Equal((0, 0ul), (_rig.Memory.Source.Pins, _rig.Task.UserLocked.Pages));
    }

    [Fact]
    public void A_device_that_is_attached_by_itself_gets_a_table_of_its_own()
    {
        var ioas = _rig.AllocateIoas();
        var device = _rig.Bind();
        var mine = Allocate(device, ioas);
        var given = ioas;
        Assert.Equal(Errno.None, _rig.Attach(device, ref given));
        Assert.NotEqual(mine, given);
        Assert.Equal(Errno.None, _rig.Attach(device, mine));
        Assert.Equal(Errno.ENOENT, _rig.Destroy(given));
    }

    [Fact]
    public void A_file_stays_open_as_long_as_any_part_of_it_is_mapped()
    {
        var file = new FakeFile(8);
        _rig.Files.Memory[7] = file;
        var ioas = _rig.AllocateIoas();
        Assert.Equal(Errno.EBADF, MapFile(ioas, 8, 0, Page, 0x10000));
        Assert.Equal(Errno.None, MapFile(ioas, 7, 4 * Page, 2 * Page, 0x10000));
        Assert.Equal(Errno.EEXIST, MapFile(ioas, 7, 0, Page, 0x10000));
        Assert.Equal((1, 0), (file.Opens, file.Pins));
        var device = _rig.Bind();
        Assert.Equal(Errno.None, _rig.Attach(device, ioas));
        Assert.Equal((1, 1), (file.Opens, file.Pins));
        Assert.Equal(Errno.EINVAL, MapFile(ioas, 7, 7 * Page, 2 * Page, 0x20000));
        Assert.Equal(Errno.None, _rig.Copy(ioas, ioas, Page, 0x30000, 0x11000));
        Assert.Equal(Errno.None, _rig.Unmap(ioas, 0x10000, 2 * Page, out _));
        Assert.Equal((1, 1), (file.Opens, file.Pins));
        Assert.Equal(Errno.None, _rig.Unmap(ioas, 0x30000, Page, out _));
        Assert.Equal((0, 0), (file.Opens, file.Pins));
    }

    [Fact]
    public void A_process_takes_over_files_and_their_account_but_no_memory_of_another()
    {
        _rig.Files.Memory[7] = new FakeFile(8);
        var ioas = _rig.AllocateIoas();
        Assert.Equal(Errno.None, _rig.Attach(_rig.Bind(), ioas));
        Assert.Equal(Errno.None, MapFile(ioas, 7, 0, 4 * Page, 0x10000));
        var heir = new FakeTask(new FakeMemory(4));
        heir.Memory.TryWrite(FakeMemory.Base, new IommuIoasChangeProcess { Size = IommuIoasChangeProcess.StructSize });
        Assert.Equal(Errno.None, ChangeProcess(heir));
        Assert.Equal((0ul, 0ul), (_rig.Task.UserLocked.Pages, _rig.Memory.Locked.PinnedPages));
        Assert.Equal((4ul, 4ul), (heir.UserLocked.Pages, heir.Memory.Locked.PinnedPages));
        Assert.Equal(Errno.None, _rig.Map(ioas, 0x90000, Page));
        Assert.Equal(Errno.EINVAL, ChangeProcess(heir));
        Assert.Equal(Errno.None, _rig.Unmap(ioas, 0, ulong.MaxValue, out _));
        Assert.Equal((0ul, 0ul), (heir.UserLocked.Pages, heir.Memory.Locked.PinnedPages));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Pages_count_for_the_process_where_it_may_choose_so(bool ipcLock)
    {
        Assert.Equal(Errno.EPERM, SetMode(1));
        _rig.Task.Capabilities.Add(Capability.SysResource);
        Assert.Equal(Errno.EINVAL, SetMode(2));
        Assert.Equal(Errno.None, SetMode(1));
        var ioas = _rig.AllocateIoas();
        Assert.Equal(Errno.EBUSY, SetMode(0));
        if (ipcLock)
        {
            _rig.Task.Capabilities.Add(Capability.IpcLock);
        }

        Assert.Equal(Errno.None, _rig.Attach(_rig.Bind(), ioas));
        Assert.Equal(Errno.None, _rig.Map(ioas, 0x10000, 2 * Page));
        Assert.Equal(
            (ipcLock ? 0 : 2ul, 0ul, 2ul),
            (_rig.Memory.Locked.Pages, _rig.Task.UserLocked.Pages, _rig.Memory.Locked.PinnedPages));
    }

    [Fact]
    public void A_fault_queue_lives_until_its_file_is_closed_and_its_page_tables_are_gone()
    {
        var ioas = _rig.AllocateIoas();
        var device = _rig.Bind();
        var alloc = new IommuFaultAlloc { Size = IommuFaultAlloc.StructSize };
        Assert.Equal(Errno.None, _rig.Call(IommufdIoctl.IOMMU_FAULT_QUEUE_ALLOC, ref alloc));
        Assert.Equal((3u, 101u), (alloc.OutFaultId, alloc.OutFaultFd));
        var table = Allocate(device, ioas, IommuHwptAllocFlags.IOMMU_HWPT_FAULT_ID_VALID, alloc.OutFaultId);
        Assert.Equal(Errno.ENODEV, _rig.Attach(device, table));
        Assert.Equal(Errno.EBUSY, _rig.Destroy(3));
        _rig.Files.Queues[0]();
        Assert.Equal(Errno.EBUSY, _rig.Destroy(3));
        Assert.Equal(Errno.None, _rig.Destroy(table));
        Assert.Equal(Errno.None, _rig.Destroy(3));
    }

    [Fact]
    public void A_fault_queue_without_a_descriptor_leaves_no_object()
    {
        _rig.Files.OpenError = Errno.EMFILE;
        Assert.Equal(
            Errno.EMFILE,
            _rig.Call(IommufdIoctl.IOMMU_FAULT_QUEUE_ALLOC, new IommuFaultAlloc { Size = IommuFaultAlloc.StructSize }));
        Assert.Equal(1u, _rig.AllocateIoas());
    }

    private Errno SetMode(ulong value)
        => _rig.Call(
            IommufdIoctl.IOMMU_OPTION,
            new IommuOption
            {
                Size = IommuOption.StructSize,
                OptionId = IommuOptionId.IOMMU_OPTION_RLIMIT_MODE,
                Op = IommuOptionOp.IOMMU_OPTION_OP_SET,
                Val64 = value,
            });

    private uint Allocate(
        IommufdDevice device, uint ioas, IommuHwptAllocFlags flags = IommuHwptAllocFlags.None, uint faults = 0)
    {
        var alloc = new IommuHwptAlloc
        {
            Size = IommuHwptAlloc.StructSize,
            Flags = flags,
            DevId = device.Id,
            PtId = ioas,
            FaultId = faults,
        };
        Assert.Equal(Errno.None, _rig.Call(IommufdIoctl.IOMMU_HWPT_ALLOC, ref alloc));
        return alloc.OutHwptId;
    }

    private Errno MapFile(uint ioas, int fd, ulong start, ulong length, ulong iova)
        => _rig.Call(IommufdIoctl.IOMMU_IOAS_MAP_FILE, new IommuIoasMapFile
        {
            Size = IommuIoasMapFile.StructSize,
            Flags = IommufdRig.Fixed,
            IoasId = ioas,
            Fd = fd,
            Start = start,
            Length = length,
            Iova = iova,
        });

    private Errno ChangeProcess(FakeTask task)
        => _rig.Context.Ioctl(task, IommufdIoctl.IOMMU_IOAS_CHANGE_PROCESS, FakeMemory.Base).Errno;
}
