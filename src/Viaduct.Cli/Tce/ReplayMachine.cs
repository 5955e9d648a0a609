using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Viaduct.Abi;
using Viaduct.Cli.Machine;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Kvm;
using Viaduct.Memory;
using Viaduct.Supervisor;
using Viaduct.Vfio.Containers;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Groups;

namespace Viaduct.Cli.Tce;

/// <summary>
/// A POWER machine with a guest that a trace can be replayed in: guest memory that is there as it is touched, registered in a container of version 2; KVM's
/// table for each window, and behind it the container's where it can have one (the default window, and one that is dynamic).
/// </summary>
internal sealed class ReplayMachine : IDisposable
{
    // Pages of 64 KiB: what POWER's kernels have.
    private const int KernelPageShift = 16;
    private const ulong Alignment = 1 << KernelPageShift;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly LocalRange _range;
    private readonly LocalMemory _memory = new();
    private readonly LocalCaller _caller;
    private readonly ulong _argument;
    private readonly ContainerFile _container;
    private readonly GroupFile _group;
    private readonly KvmVfioDevice _device;
    private readonly Dictionary<ulong, GuestTceTable> _tables = [];
    private readonly Dictionary<ulong, TceTable> _hardware = [];
    private readonly byte[] _list = new byte[Hcall.MaxIndirect * sizeof(ulong)];

    public ReplayMachine(TceTrace trace, ReplayStage stage)
    {
        _file = MemoryMappedFile.CreateNew(null, checked((long)(trace.MemorySize + (2 * Alignment))));
        _view = _file.CreateViewAccessor();
        _range = _memory.Register(_view.SafeMemoryMappedViewHandle);
        var first = (ulong)_view.SafeMemoryMappedViewHandle.DangerousGetHandle();
        Base = (first + Alignment - 1) & ~(Alignment - 1);
        _caller = new LocalCaller(_memory);
        _argument = Base + trace.MemorySize;
        _container = Open(trace, out _group);
        Vm = new KvmVm(_memory, KernelPageShift);
        Check(Vm.SetUserMemoryRegion(new KvmUserspaceMemoryRegion { MemorySize = trace.MemorySize, UserspaceAddr = Base }), "the memory slot");
        Check(Vm.CreateVfioDevice(out var device), "KVM's VFIO device");
        _device = device!;
        Check(_device.Add(_group), "the group for KVM");
        var vmm = new TceVmm(Vm, _caller);
        foreach (var window in trace.Windows)
        {
            Add(window, vmm);
        }

        var isExit = stage == ReplayStage.Exit;
        foreach (var number in (ulong[])[Hcall.H_PUT_TCE, Hcall.H_GET_TCE, Hcall.H_STUFF_TCE, Hcall.H_PUT_TCE_INDIRECT])
        {
            Check(Vm.EnableHcall(number, isExit ? 0UL : 1), "KVM_CAP_PPC_ENABLE_HCALL");
        }

        Calls = new TceHypercalls(Vm, vmm) { HasFastStage = stage == ReplayStage.Fast };
    }

    /// <summary>Where guest address zero is.</summary>
    public ulong Base { get; }

    public KvmVm Vm { get; }

    public TceHypercalls Calls { get; }

    /// <summary>The hardware's table behind a window, or null.</summary>
    public TceTable? HardwareOf(ulong liobn) => _hardware.GetValueOrDefault(liobn);

    /// <summary>What the guest's table has.</summary>
    public ulong Get(ulong liobn, ulong index) => _tables[liobn].Get(index);

    /// <summary>Puts a list where the guest had it. The trace has its last entry: the others are the pages before that one.</summary>
    public void PutList(in TraceCall call, int pageShift)
    {
        for (var i = 0UL; i < call.Count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_list.AsSpan((int)i * sizeof(ulong)), EntryOf(call, i, pageShift));
        }

        _memory.TryWrite(Base + call.Argument, _list.AsSpan(0, (int)call.Count * sizeof(ulong)));
    }

    /// <summary>A window that the container can have: its memory has no larger pages than the kernel.</summary>
    public static bool HasHardware(TraceWindow window) => window.PageShift <= KernelPageShift;

    /// <summary>An entry of a list.</summary>
    public static ulong EntryOf(in TraceCall call, ulong index, int pageShift)
    {
        var before = (call.Count - 1 - index) << pageShift;
        return before > call.LastTce ? call.LastTce : call.LastTce - before;
    }

    public void Dispose()
    {
        Calls.Dispose();
        _device.Release();
        _group.Release();
        _container.Release();
        _range.Dispose();
        _view.Dispose();
        _file.Dispose();
    }

    private SysResult Call<T>(VfioFile file, uint command, in T argument)
        where T : unmanaged
        => _memory.TryWrite(_argument, argument) ? file.Ioctl(_caller, command, _argument) : Errno.EFAULT;

    private static void Check(SysResult result, string what)
    {
        if (result.IsError)
        {
            throw new InvalidOperationException($"A machine for the trace cannot be made: {what} is {result.Errno}.");
        }
    }

    private ContainerFile Open(TceTrace trace, out GroupFile group)
    {
        var options = new MachineOptions { Iommu = new IommuSpec(IommuKind.Spapr) { PageShift = KernelPageShift } };
        var machine = new MachineBuilder(new RunStatistics(), Console.Error.WriteLine, options);
        if (!DeviceSpec.TryParse("edu", out var device, out var error) || !machine.TryAdd([device], out error))
        {
            throw new InvalidOperationException(error);
        }

        var container = machine.System.OpenContainer();
        Check(machine.System.FindGroup(machine.Devices[0].Device.Group.Id)!.Open(out var file), "the group");
        group = file!;
        Check(Call(group, VfioIoctl.VFIO_GROUP_SET_CONTAINER, _caller.Add(container)), "VFIO_GROUP_SET_CONTAINER");
        Check(container.Ioctl(_caller, VfioIoctl.VFIO_SET_IOMMU, VfioIommuType.VFIO_SPAPR_TCE_v2_IOMMU), "VFIO_SET_IOMMU");
        var memory = new VfioIommuSpaprRegisterMemory
        {
            ArgSz = VfioIommuSpaprRegisterMemory.MinSize,
            Vaddr = Base,
            Size = trace.MemorySize,
        };
        Check(Call(container, VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, memory), "VFIO_IOMMU_SPAPR_REGISTER_MEMORY");

        // The default window is made by the first call that wants one.
        var unmap = new VfioIommuType1DmaUnmap { ArgSz = VfioIommuType1DmaUnmap.MinSize, Size = 1 << 12 };
        Check(Call(container, VfioIoctl.VFIO_IOMMU_UNMAP_DMA, unmap), "the default window");
        return container;
    }

    private void Add(TraceWindow window, TceVmm vmm)
    {
        var args = new KvmCreateSpaprTce64
        {
            Liobn = window.Liobn,
            PageShift = (uint)window.PageShift,
            Offset = window.Start >> window.PageShift,
            Size = window.Pages,
        };
        Check(Vm.CreateSpaprTce(_caller, args, out var table), $"the table of LIOBN {window.Liobn:x}");
        _tables.Add(window.Liobn, table!);
        vmm.Add(table!);
        if (window.Start != 0 && HasHardware(window))
        {
            var create = new VfioIommuSpaprTceCreate
            {
                ArgSz = VfioIommuSpaprTceCreate.MinSize,
                PageShift = (uint)window.PageShift,
                WindowSize = window.Size,
                Levels = 1,
            };
            _ = Call(_container, VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE, create);
        }

        // Where there is no such window the table is one of an emulated device.
        if (!_device.SetSpaprTce(_group, table!).IsError)
        {
            _hardware.Add(window.Liobn, table!.HardwareTables.Single());
            vmm.Connect((uint)window.Liobn, _container.Container);
        }
    }
}
