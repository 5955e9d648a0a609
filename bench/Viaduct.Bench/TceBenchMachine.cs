using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Kvm;
using Viaduct.Memory;
using Viaduct.Vfio;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Bench;

/// <summary>A POWER machine with one group, whose dynamic window of 64 KiB pages is behind a guest's table; 256 MiB of guest memory, all registered.</summary>
internal sealed class TceBenchMachine : IDisposable
{
    /// <summary>Pages of the window that are used, in its middle.</summary>
    public const int Set = 4096;

    private const int PageShift = 16;
    private const ulong Dynamic = 1UL << 59;
    private const ulong Liobn = 4;
    private const int GuestBytes = 1 << 28;
    private const int ArgumentBytes = 4096;

    private readonly LocalMemory _memory = new();
    private readonly LocalBuffer _buffer = new(GuestBytes + (1 << PageShift) + ArgumentBytes);
    private readonly LocalRange _range;
    private readonly LocalCaller _task;
    private readonly KvmVm _vm;
    private readonly TceHypercalls _cpu;
    private readonly ulong _start;
    private readonly ulong _base;
    private readonly ulong[] _order = new ulong[Set];
    private readonly ulong[] _tces = new ulong[Set];

    public TceBenchMachine(ulong pages)
    {
        _range = _memory.Register(_buffer);
        _base = (_buffer.Address + ((1UL << PageShift) - 1)) & ~((1UL << PageShift) - 1);
        _task = new LocalCaller(_memory);
        var platform = new PseriesPlatform(PageShift);
        var system = new VfioSystem([new SpaprTceDriver(platform)]) { HasIommufd = false };
        var group = new IommuGroup(0, new IommuUnit
        {
            ApertureLast = ulong.MaxValue,
            PageSizes = 0x1000,
            ReservedRegions = [],
            TcePlatform = platform,
        });
        system.Add(new Device(group));
        var container = system.OpenContainer();
        Check(system.FindGroup(0)!.Open(out var groupFile));
        Check(Call(groupFile!, VfioIoctl.VFIO_GROUP_SET_CONTAINER, _task.Add(container)));
        Check(container.Ioctl(_task, VfioIoctl.VFIO_SET_IOMMU, VfioIommuType.VFIO_SPAPR_TCE_v2_IOMMU));
        Check(Call(container, VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, new VfioIommuSpaprRegisterMemory
        {
            ArgSz = VfioIommuSpaprRegisterMemory.MinSize,
            Vaddr = _base,
            Size = GuestBytes,
        }));
        Check(Call(container, VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE, new VfioIommuSpaprTceCreate
        {
            ArgSz = VfioIommuSpaprTceCreate.MinSize,
            PageShift = PageShift,
            WindowSize = pages << PageShift,
            Levels = 1,
        }));
        _vm = new KvmVm(_memory, PageShift);
        Check(_vm.SetUserMemoryRegion(new KvmUserspaceMemoryRegion { MemorySize = GuestBytes, UserspaceAddr = _base }));
        Check(_vm.CreateVfioDevice(out var device));
        Check(device!.Add(groupFile));
        for (var liobn = 1UL; liobn < Liobn; liobn++)
        {
            Check(Create(liobn, 0, 512, out _));
        }

        Check(Create(Liobn, Dynamic >> PageShift, pages, out var table));
        Check(device.SetSpaprTce(groupFile, table!));
        Check(_vm.EnableHcall(Hcall.H_STUFF_TCE, 1));
        Check(_vm.EnableHcall(Hcall.H_PUT_TCE_INDIRECT, 1));
        var vmm = new TceVmm(_vm, _task);
        vmm.Add(table!);
        vmm.Connect((uint)Liobn, container.Container);
        _cpu = new TceHypercalls(_vm, new ExitVmm(vmm));
        _start = Dynamic + ((pages - Set) / 2 << PageShift);
        Draw();
        Warm();
    }

    /// <summary>From here on all calls are the VMM's.</summary>
    public void SwitchOff()
    {
        foreach (var number in (ulong[])[Hcall.H_PUT_TCE, Hcall.H_STUFF_TCE, Hcall.H_PUT_TCE_INDIRECT])
        {
            Check(_vm.EnableHcall(number, 0));
        }
    }

    public bool Put(HypercallStage by, bool backwards)
    {
        var isGood = true;
        for (var i = 0; i < Set; i++)
        {
            var result = _cpu.Put(Liobn, _start + _order[i], _tces[backwards ? Set - 1 - i : i]);
            isGood &= result.ReturnCode == Hcall.H_SUCCESS && result.AnsweredBy == by;
        }

        return isGood;
    }

    public bool PutLists(HypercallStage by)
    {
        var isGood = true;
        for (var i = 0UL; i < Set / Hcall.MaxIndirect; i++)
        {
            var result = _cpu.PutIndirect(Liobn, _start + (i * Hcall.MaxIndirect << PageShift), i * 4096, Hcall.MaxIndirect);
            isGood &= result.ReturnCode == Hcall.H_SUCCESS && result.AnsweredBy == by;
        }

        return isGood;
    }

    public bool Clear(HypercallStage by)
    {
        var isGood = true;
        for (var i = 0UL; i < Set / Hcall.MaxIndirect; i++)
        {
            var result = _cpu.Stuff(Liobn, _start + (i * Hcall.MaxIndirect << PageShift), 0, Hcall.MaxIndirect);
            isGood &= result.ReturnCode == Hcall.H_SUCCESS && result.AnsweredBy == by;
        }

        return isGood;
    }

    public void Dispose()
    {
        _cpu.Dispose();
        _range.Dispose();
        _buffer.Dispose();
    }

    private void Draw()
    {
        var state = 1UL;
        for (var i = 0; i < Set; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            _order[i] = (ulong)(i * 1021 % Set) << PageShift;
            _tces[i] = (state % (GuestBytes >> PageShift) << PageShift) | 3;
            BinaryPrimitives.WriteUInt64BigEndian(_buffer.Span[(int)(_base - _buffer.Address + ((ulong)i * 8))..], _tces[i]);
        }
    }

    /// <summary>Tables grow in the stage that may sleep.</summary>
    private void Warm()
    {
        foreach (var ioba in _order)
        {
            _cpu.Put(Liobn, _start + ioba, 3);
            _cpu.Put(Liobn, _start + ioba, 0);
        }
    }

    private SysResult Create(ulong liobn, ulong offset, ulong size, out GuestTceTable? table)
        => _vm.CreateSpaprTce(
            _task, new KvmCreateSpaprTce64 { Liobn = liobn, PageShift = PageShift, Offset = offset, Size = size }, out table);

    private SysResult Call<T>(VfioFile file, uint command, in T argument)
        where T : unmanaged
    {
        var at = _base + GuestBytes;
        return _memory.TryWrite(at, argument) ? file.Ioctl(_task, command, at) : Errno.EFAULT;
    }

    private static void Check(SysResult result)
    {
        if (result.IsError)
        {
            throw new InvalidOperationException($"The machine cannot be made: {result}.");
        }
    }

    private sealed class Device(IommuGroup group) : VfioDevice(group)
    {
        public override string Name => "0000:00:00.0";

        public override string SysfsPath => "/sys/devices/bench";

        public override MemorySource? DmaTarget => null;

        public override SysResult OpenDevice() => SysResult.Success;

        public override void CloseDevice()
        {
        }

        public override SysResult Ioctl(Caller caller, uint command, ulong argument) => Errno.ENOTTY;

        public override SysResult Read(Caller caller, ulong buffer, ulong count, ulong position) => Errno.EINVAL;

        public override SysResult Write(Caller caller, ulong buffer, ulong count, ulong position) => Errno.EINVAL;

        public override SysResult Mmap(in MmapRequest request) => Errno.EINVAL;

        public override bool TryLoad(ulong position, int width, out ulong value)
        {
            value = 0;
            return false;
        }

        public override bool TryStore(ulong position, int width, ulong value) => false;

        public override void Describe(SysfsTree tree)
        {
        }
    }
}
