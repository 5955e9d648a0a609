using Viaduct.Abi;
using Viaduct.Kvm.Files;
using Viaduct.Vfio.Files;

namespace Viaduct.Kvm.Host;

/// <summary>
/// The host's /dev/kvm beside our devices. The host runs the guests; what is ours is the KVM-VFIO device of its machines, since the host's does not
/// know our files, and where the machine has DMA windows of POWER, tables of TCEs.
/// </summary>
/// <remarks>Machines of the host are known by their open files while they have something of ours. One thread calls; any thread releases.</remarks>
public sealed class HostKvm : IHostIoctls
{
    private const string VmLinkName = "anon_inode:kvm-vm";

    private readonly Lock _lock = new();
    private readonly List<HostVm> _vms = [];
    private readonly int _kernelPageShift;
    private readonly bool _hasTceTables;

    /// <summary>A host.</summary>
    /// <param name="kernelPageShift">log2 of the imitated kernel's pages, 12 or 16.</param>
    /// <param name="hasTceTables">KVM_CREATE_SPAPR_TCE and its kin are answered here.</param>
    public HostKvm(int kernelPageShift, bool hasTceTables)
    {
        _kernelPageShift = kernelPageShift;
        _hasTceTables = hasTceTables;
        uint[] requests =
        [
            KvmIoctl.KVM_CREATE_VM, KvmIoctl.KVM_CREATE_DEVICE,
            KvmIoctl.KVM_SET_DEVICE_ATTR, KvmIoctl.KVM_GET_DEVICE_ATTR, KvmIoctl.KVM_HAS_DEVICE_ATTR,
        ];
        Requests = hasTceTables
            ? [.. requests, KvmIoctl.KVM_CHECK_EXTENSION, KvmIoctl.KVM_CREATE_SPAPR_TCE, KvmIoctl.KVM_CREATE_SPAPR_TCE_64]
            : requests;
    }

    /// <inheritdoc/>
    /// <remarks>The attributes' are for copies of our device's descriptor with low numbers.</remarks>
    public IReadOnlyList<uint> Requests { get; }

    /// <summary>Machines of the host that have something of ours.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _vms.Count;
            }
        }
    }

    /// <inheritdoc/>
    public SysResult? Ioctl(Caller caller, IHostFile file, uint request, ulong argument)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(file);
        switch (request)
        {
            case KvmIoctl.KVM_CREATE_VM:
                OnCreateVm(caller, file);
                return null;
            case KvmIoctl.KVM_CREATE_DEVICE:
                return caller.Memory.TryRead<KvmCreateDevice>(argument, out var create) && create.Type == KvmVfio.KVM_DEV_TYPE_VFIO
                    ? OnVm(caller, file, vm => VmIoctls.CreateVfioDevice(vm, caller, argument, create))
                    : null;
            case KvmIoctl.KVM_CHECK_EXTENSION when _hasTceTables && IsOfTceTables(argument):
                return IsKvm(file) ? KvmFile.CheckExtension(argument) : OnVm(caller, file, _ => KvmFile.CheckExtension(argument));
            case KvmIoctl.KVM_CREATE_SPAPR_TCE when _hasTceTables:
                return OnVm(caller, file, vm => VmIoctls.CreateSpaprTce(vm, caller, argument));
            case KvmIoctl.KVM_CREATE_SPAPR_TCE_64 when _hasTceTables:
                return OnVm(caller, file, vm => VmIoctls.CreateSpaprTce64(vm, caller, argument));
            default:
                return null;
        }
    }

    private void OnCreateVm(Caller caller, IHostFile file)
    {
        if (!IsKvm(file))
        {
            return;
        }

        caller.RunsGuests = true;
        lock (_lock)
        {
            _vms.ForEach(known => known.File.OnOpening());
        }
    }

    private static bool IsKvm(IHostFile file) => file.DeviceNumber == KvmFile.Number;

    private static bool IsOfTceTables(ulong extension)
        => extension is KvmCapability.KVM_CAP_SPAPR_TCE or KvmCapability.KVM_CAP_SPAPR_MULTITCE or KvmCapability.KVM_CAP_SPAPR_TCE_64
            or KvmCapability.KVM_CAP_SPAPR_TCE_VFIO;

    /// <summary>A machine is for the process that made it, and a process that made none has somebody else's: the host says EIO.</summary>
    private SysResult? OnVm(Caller caller, IHostFile file, Func<KvmVm, SysResult> act)
    {
        if (file.LinkName != VmLinkName)
        {
            return null;
        }

        if (Find(file) is not { } vm)
        {
            if (!caller.RunsGuests)
            {
                return null;
            }

            vm = Add(caller, file);
        }

        var result = vm.Memory == caller.Memory ? act(vm) : Errno.EIO;
        vm.Put();
        return result;
    }

    private KvmVm? Find(IHostFile file)
    {
        lock (_lock)
        {
            return _vms.Find(known => known.File.IsSame(file) && known.Vm.TryGet())?.Vm;
        }
    }

    private KvmVm Add(Caller caller, IHostFile file)
    {
        var vm = new KvmVm(caller.Memory, _kernelPageShift) { HasTceTables = _hasTceTables, Gone = Forget };
        lock (_lock)
        {
            _vms.Add(new HostVm(vm, file.Remember()));
        }

        return vm;
    }

    private void Forget(KvmVm vm)
    {
        HostVm? gone;
        lock (_lock)
        {
            gone = _vms.Find(known => known.Vm == vm);
            _vms.Remove(gone!);
        }

        gone!.File.Dispose();
    }

    /// <summary>A machine of the host's, and what stands for it here.</summary>
    private sealed record HostVm(KvmVm Vm, IHostFileReference File);
}
