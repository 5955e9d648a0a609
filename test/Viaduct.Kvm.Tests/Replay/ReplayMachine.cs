using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Kvm.Files;
using Viaduct.Kvm.Tests.Infrastructure;
using Viaduct.Vfio;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;

namespace Viaduct.Kvm.Tests.Replay;

/// <summary>The machine of test/hypercalls/hypercalls.c, with the steps of its lists.</summary>
internal sealed class ReplayMachine : IDisposable
{
    private const int MemoryBytes = 16 << 20;
    private const ulong Second = 12 << 20;
    private const ulong SecondAt = 1UL << 32;
    private const ulong Dynamic = 1UL << 59;
    private const ulong DynamicSize = 1UL << 28;
    private const ulong At = 512;

    private readonly TestCaller _caller = new(MemoryBytes);
    private readonly ContainerFile _container;
    private readonly GroupFile _group;
    private readonly int _groupFd;
    private readonly KvmVmFile _vm;
    private readonly VfioFile _device;
    private readonly TceHypercalls _cpu;
    private readonly TceTableGroup _windows;
    private readonly Dictionary<ulong, int> _tableFds = [];

    /// <param name="hasFastStage">Whether the fast handler answers what it can.</param>
    public ReplayMachine(bool hasFastStage)
    {
        var platform = new PseriesPlatform(16);
        var system = new VfioSystem([new SpaprTceDriver(platform)]) { HasIommufd = false };
        var unit = new IommuUnit { ApertureLast = ulong.MaxValue, PageSizes = 0x1000, ReservedRegions = [], TcePlatform = platform };
        var iommuGroup = new IommuGroup(0, unit);
        _windows = iommuGroup.TableGroup!;
        system.Add(new FakeDevice(iommuGroup, "0000:00:00.0"));
        _container = system.OpenContainer();
        Assert.Equal(SysResult.Success, system.FindGroup(0)!.Open(out var group));
        _group = group!;
        _groupFd = _caller.Add(_group);
        OpenContainer();
        _vm = new KvmVmFile(new KvmVm(_caller.Memory, 16));
        Slot(0, 0, Second, 0);
        Slot(1, SecondAt, 2 << 20, Second);
        Assert.Equal(SysResult.Success, _caller.Call(_vm, KvmIoctl.KVM_CREATE_DEVICE, new KvmCreateDevice { Type = KvmVfio.KVM_DEV_TYPE_VFIO }));
        _caller.Memory.TryRead<KvmCreateDevice>(_caller.Argument, out var device);
        _device = _caller.File(device.Fd);
        Attribute(KvmVfio.KVM_DEV_VFIO_FILE_ADD, _groupFd);
        Enable(Hcall.H_STUFF_TCE, 1);
        Enable(Hcall.H_PUT_TCE_INDIRECT, 1);
        CreateTables();
        _cpu = new TceHypercalls(_vm.Vm) { HasFastStage = hasFastStage };
    }

    public GuestTceTable? Table(ulong liobn) => _vm.Vm.Tables.FirstOrDefault(table => table.Liobn == liobn);

    public HypercallResult Call(ulong number, ReadOnlySpan<ulong> a)
        => _cpu.Call(number, a[0], a[1], a.Length > 2 ? a[2] : 0, a.Length > 3 ? a[3] : 0);

    /// <summary>Entries of both windows, as offsets into guest memory.</summary>
    public Dictionary<(int Window, ulong Index), ulong> Hardware()
    {
        var entries = new Dictionary<(int, ulong), ulong>();
        for (var window = 0; window < 2; window++)
        {
            foreach (var (index, entry) in _windows.Tables[window]!.Entries())
            {
                entries.Add((window, index), entry - _caller.Base);
            }
        }

        return entries;
    }

    public void Poke(ulong guest, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        Assert.True(_caller.Memory.TryWrite(_caller.Base + guest, bytes));
    }

    public SysResult Enable(ulong number, ulong enable)
    {
        var cap = new KvmEnableCap { Cap = KvmCapability.KVM_CAP_PPC_ENABLE_HCALL };
        (cap.Args[0], cap.Args[1]) = (number, enable);
        return _caller.Call(_vm, KvmIoctl.KVM_ENABLE_CAP, cap);
    }

    public SysResult Slot(ulong id, ulong guest, ulong size, ulong offset)
        => _caller.Call(_vm, KvmIoctl.KVM_SET_USER_MEMORY_REGION, new KvmUserspaceMemoryRegion
        {
            Slot = (uint)id,
            GuestPhysAddr = guest,
            MemorySize = size,
            UserspaceAddr = _caller.Base + offset,
        });

    public SysResult Map(ulong iova, ulong offset, ulong size, ulong flags)
        => _caller.Call(_container, VfioIoctl.VFIO_IOMMU_MAP_DMA, new VfioIommuType1DmaMap
        {
            ArgSz = VfioIommuType1DmaMap.MinSize,
            Flags = (VfioDmaMapFlags)flags,
            Vaddr = _caller.Base + offset,
            Iova = iova,
            Size = size,
        });

    public SysResult Unmap(ulong iova, ulong size)
        => _caller.Call(
            _container,
            VfioIoctl.VFIO_IOMMU_UNMAP_DMA,
            new VfioIommuType1DmaUnmap { ArgSz = VfioIommuType1DmaUnmap.MinSize, Iova = iova, Size = size });

    public SysResult Register(ulong offset, ulong size) => Range(VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, offset, size);

    public SysResult Unregister(ulong offset, ulong size) => Range(VfioIoctl.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, offset, size);

    public SysResult Add() => Attribute(KvmVfio.KVM_DEV_VFIO_FILE_ADD, _groupFd);

    public SysResult Delete() => Attribute(KvmVfio.KVM_DEV_VFIO_FILE_DEL, _groupFd);

    public SysResult Attach(ulong liobn)
        => Attribute(KvmVfio.KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE, new KvmVfioSpaprTce { Groupfd = _groupFd, Tablefd = _tableFds[liobn] });

    public void Dispose()
    {
        _cpu.Dispose();
        _device.Release();
        _group.Release();
        _caller.Dispose();
    }

    private void OpenContainer()
    {
        Assert.Equal(SysResult.Success, _caller.Call(_group, VfioIoctl.VFIO_GROUP_SET_CONTAINER, _caller.Add(_container)));
        Assert.Equal(SysResult.Success, _container.Ioctl(_caller, VfioIoctl.VFIO_SET_IOMMU, VfioIommuType.VFIO_SPAPR_TCE_v2_IOMMU));
        Assert.Equal(SysResult.Success, Register(0, 8 << 20));
        Assert.Equal(SysResult.Success, Register(Second, 1 << 20));
        Assert.Equal(SysResult.Success, Unmap(0, 1 << 16));
        var create = new VfioIommuSpaprTceCreate
        {
            ArgSz = VfioIommuSpaprTceCreate.MinSize,
            PageShift = 16,
            WindowSize = DynamicSize,
            Levels = 1,
        };
        Assert.Equal(SysResult.Success, _caller.Call(_container, VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE, create));
    }

    private void CreateTables()
    {
        (ulong Liobn, uint Shift, ulong Offset, ulong Size, bool HasWindow)[] tables =
        [
            (0x80000000, 12, 0, 0x40000, true), (0x80000001, 16, Dynamic >> 16, DynamicSize >> 16, true), (0x80000002, 12, 0, 512, false),
            (0x80000003, 16, 0, 0x4000, true), (0x80000004, 24, 0, 16, false), (0x80000005, 16, Dynamic >> 16, 32, true),
        ];
        foreach (var (liobn, shift, offset, size, hasWindow) in tables)
        {
            var made = _caller.Call(
                _vm,
                KvmIoctl.KVM_CREATE_SPAPR_TCE_64,
                new KvmCreateSpaprTce64 { Liobn = liobn, PageShift = shift, Offset = offset, Size = size });
            Assert.False(made.IsError);
            _tableFds.Add(liobn, (int)made.Raw);
            Assert.True(!hasWindow || Attach(liobn) == SysResult.Success);
        }
    }

    private SysResult Range(uint command, ulong offset, ulong size)
        => _caller.Call(
            _container,
            command,
            new VfioIommuSpaprRegisterMemory { ArgSz = VfioIommuSpaprRegisterMemory.MinSize, Vaddr = _caller.Base + offset, Size = size });

    private SysResult Attribute<T>(ulong attribute, T data)
        where T : unmanaged
    {
        Assert.True(_caller.Memory.TryWrite(_caller.Argument + At, data));
        return _caller.Call(_device, KvmIoctl.KVM_SET_DEVICE_ATTR, new KvmDeviceAttr
        {
            Group = KvmVfio.KVM_DEV_VFIO_FILE,
            Attr = attribute,
            Addr = _caller.Argument + At,
        });
    }
}
