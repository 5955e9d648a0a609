using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Vfio;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Groups;

namespace Viaduct.Kvm.Tests.Infrastructure;

/// <summary>
/// A pSeries machine with pages of 64 KiB and some groups of a device each; a VMM with guest memory, the first half of which it has registered; and a
/// virtual machine.
/// </summary>
internal sealed class PowerRig : IDisposable
{
    public const int GuestBytes = 4 << 20;
    public const ulong Registered = GuestBytes / 2;
    public const ulong Dynamic = 1UL << 59;
    public const ulong DynamicPages = 256;

    /// <summary>LIOBNs: a dynamic window of 64 KiB pages, the 32-bit window, the same with 64 KiB pages, and one without hardware.</summary>
    public const uint Wide = 0x80000001, Narrow = 0x80000000, Split = 0x80000003, Emulated = 0x80000002;

    private static readonly IommuUnit s_unit = new() { ApertureLast = ulong.MaxValue, PageSizes = 0x1000, ReservedRegions = [] };

    private readonly List<ContainerFile> _containers = [];
    private readonly List<GroupFile> _groups = [];
    private readonly List<FakeDevice> _devices = [];

    public PowerRig(int groups = 1, int kernelPageShift = 16, bool isV2 = true)
    {
        var platform = new PseriesPlatform(kernelPageShift);
        System = new VfioSystem([new SpaprTceDriver(platform)]) { HasIommufd = false };
        for (var i = 0; i < groups; i++)
        {
            var group = new IommuGroup(i, s_unit with { TcePlatform = platform });
            _devices.Add(new FakeDevice(group, "d" + i));
            System.Add(_devices[i]);
            Open(i, isV2);
        }

        Vm = new KvmVm(Caller.Memory, kernelPageShift);
        Assert.Equal(SysResult.Success, SetSlot(0, 0, GuestBytes, Caller.Base));
    }

    public TestCaller Caller { get; } = new(GuestBytes);

    public VfioSystem System { get; }

    public KvmVm Vm { get; }

    public ContainerFile Container => _containers[0];

    public GroupFile Group => _groups[0];

    public FakeDevice Device => _devices[0];

    public ContainerFile ContainerOf(int group) => _containers[group];

    public GroupFile GroupOf(int group) => _groups[group];

    public DmaPort Port(int group = 0) => new(_devices[group].Group) { BusMaster = true };

    /// <summary>The windows of a group, 32-bit and dynamic.</summary>
    public TceTable WindowOf(int group, int number) => _devices[group].Group.TableGroup!.Tables[number]!;

    public SysResult SetSlot(uint slot, ulong guest, ulong size, ulong user, uint flags = 0)
        => Vm.SetUserMemoryRegion(new KvmUserspaceMemoryRegion
        {
            Slot = slot,
            Flags = flags,
            GuestPhysAddr = guest,
            MemorySize = size,
            UserspaceAddr = user,
        });

    public SysResult Create(ulong liobn, int pageShift, ulong offset, ulong size, out GuestTceTable? table)
        => Vm.CreateSpaprTce(
            Caller,
            new KvmCreateSpaprTce64 { Liobn = liobn, PageShift = (uint)pageShift, Offset = offset, Size = size },
            out table);

    public GuestTceTable Create(ulong liobn, int pageShift, ulong offset, ulong size)
    {
        Assert.Equal(SysResult.Success, Create(liobn, pageShift, offset, size, out var table));
        return table!;
    }

    /// <summary>The tables of <see cref="Wide"/> and so on, all groups' windows behind each.</summary>
    public KvmVfioDevice CreateAll()
    {
        Assert.Equal(SysResult.Success, Vm.CreateVfioDevice(out var device));
        GuestTceTable[] tables =
        [
            Create(Wide, 16, Dynamic >> 16, DynamicPages), Create(Narrow, 12, 0, 1 << 18), Create(Split, 16, 0, 1 << 14),
        ];
        Create(Emulated, 12, 0, 512);
        foreach (var group in _groups)
        {
            Assert.Equal(SysResult.Success, device!.Add(group));
            foreach (var table in tables)
            {
                Assert.Equal(SysResult.Success, device.SetSpaprTce(group, table));
            }
        }

        Assert.Equal(SysResult.Success, Vm.EnableHcall(Hcall.H_STUFF_TCE, 1));
        Assert.Equal(SysResult.Success, Vm.EnableHcall(Hcall.H_PUT_TCE_INDIRECT, 1));
        return device!;
    }

    /// <summary>A VMM that knows all of them, and all containers.</summary>
    public TceVmm CreateVmm()
    {
        var vmm = new TceVmm(Vm, Caller);
        foreach (var table in Vm.Tables)
        {
            vmm.Add(table);
        }

        foreach (var container in _containers)
        {
            vmm.Connect(Wide, container.Container);
            vmm.Connect(Narrow, container.Container);
            vmm.Connect(Split, container.Container);
        }

        return vmm;
    }

    /// <summary>Writes an entry of a list as guests do.</summary>
    public void Poke(ulong guest, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        Assert.True(Caller.Memory.TryWrite(Caller.Base + guest, bytes));
    }

    public SysResult Unregister(ulong guest = 0, ulong size = Registered)
        => Caller.Call(Container, VfioIoctl.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, Range(guest, size));

    public SysResult Register(ulong guest = 0, ulong size = Registered)
        => Caller.Call(Container, VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, Range(guest, size));

    public void Dispose()
    {
        // The container goes with its group, and lets go of the memory.
        _groups.ForEach(group => group.Release());
        Caller.Dispose();
    }

    private VfioIommuSpaprRegisterMemory Range(ulong guest, ulong size)
        => new() { ArgSz = VfioIommuSpaprRegisterMemory.MinSize, Vaddr = Caller.Base + guest, Size = size };

    private void Open(int number, bool isV2)
    {
        var container = System.OpenContainer();
        _containers.Add(container);
        Assert.Equal(SysResult.Success, System.FindGroup(number)!.Open(out var group));
        _groups.Add(group!);
        Assert.Equal(SysResult.Success, Caller.Call(group!, VfioIoctl.VFIO_GROUP_SET_CONTAINER, Caller.Add(container)));
        var type = isV2 ? VfioIommuType.VFIO_SPAPR_TCE_v2_IOMMU : VfioIommuType.VFIO_SPAPR_TCE_IOMMU;
        Assert.Equal(SysResult.Success, container.Ioctl(Caller, VfioIoctl.VFIO_SET_IOMMU, type));
        if (!isV2)
        {
            Assert.Equal(SysResult.Success, container.Ioctl(Caller, VfioIoctl.VFIO_IOMMU_ENABLE, 0));
        }
        else
        {
            Assert.Equal(SysResult.Success, Caller.Call(container, VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, Range(0, Registered)));
        }

        // The default window is made by the first call that wants one.
        var unmap = new VfioIommuType1DmaUnmap { ArgSz = VfioIommuType1DmaUnmap.MinSize, Size = 1 << 16 };
        Assert.Equal(SysResult.Success, Caller.Call(container, VfioIoctl.VFIO_IOMMU_UNMAP_DMA, unmap));
        if (isV2)
        {
            var create = new VfioIommuSpaprTceCreate
            {
                ArgSz = VfioIommuSpaprTceCreate.MinSize,
                PageShift = 16,
                WindowSize = DynamicPages << 16,
                Levels = 1,
            };
            Assert.Equal(SysResult.Success, Caller.Call(container, VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE, create));
        }
    }
}
