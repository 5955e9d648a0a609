using Viaduct.Abi;
using Viaduct.Vfio.Files;

namespace Viaduct.Kvm.Files;

/// <summary>A virtual machine's descriptor, anon_inode:kvm-vm. Only the process that made it can use it.</summary>
/// <param name="vm">The machine, one user of which is this file.</param>
/// <param name="processorWanted">Hears of each processor that could not be made.</param>
public sealed class KvmVmFile(KvmVm vm, Action? processorWanted = null) : VfioFile
{
    /// <inheritdoc/>
    public override string LinkName => "anon_inode:kvm-vm";

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => null;

    /// <inheritdoc/>
    public override bool HasSeek => true;

    /// <inheritdoc/>
    public override bool HasPositions => false;

    /// <summary>The machine.</summary>
    public KvmVm Vm { get; } = vm;

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
    {
        if (caller.Memory != Vm.Memory)
        {
            return Errno.EIO;
        }

        return command switch
        {
            KvmIoctl.KVM_CREATE_VCPU => CreateVcpu(),
            KvmIoctl.KVM_CHECK_EXTENSION => KvmFile.CheckExtension(argument),
            KvmIoctl.KVM_SET_USER_MEMORY_REGION => SetUserMemoryRegion(caller, argument),
            KvmIoctl.KVM_CREATE_SPAPR_TCE => VmIoctls.CreateSpaprTce(Vm, caller, argument),
            KvmIoctl.KVM_CREATE_SPAPR_TCE_64 => VmIoctls.CreateSpaprTce64(Vm, caller, argument),
            KvmIoctl.KVM_CREATE_DEVICE => CreateDevice(caller, argument),
            KvmIoctl.KVM_ENABLE_CAP => EnableCap(caller, argument),
            _ => Errno.ENOTTY,
        };
    }

    /// <inheritdoc/>
    public override void Release() => Vm.Put();

    /// <summary>There is no processor that could run a guest.</summary>
    private SysResult CreateVcpu()
    {
        processorWanted?.Invoke();
        return Errno.ENODEV;
    }

    private SysResult SetUserMemoryRegion(Caller caller, ulong argument)
        => caller.Memory.TryRead<KvmUserspaceMemoryRegion>(argument, out var region) ? Vm.SetUserMemoryRegion(region) : Errno.EFAULT;

    private SysResult CreateDevice(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryRead<KvmCreateDevice>(argument, out var create))
        {
            return Errno.EFAULT;
        }

        return create.Type == KvmVfio.KVM_DEV_TYPE_VFIO ? VmIoctls.CreateVfioDevice(Vm, caller, argument, create) : Errno.ENODEV;
    }

    private SysResult EnableCap(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryRead<KvmEnableCap>(argument, out var enable))
        {
            return Errno.EFAULT;
        }

        return enable is { Flags: 0, Cap: KvmCapability.KVM_CAP_PPC_ENABLE_HCALL }
            ? Vm.EnableHcall(enable.Args[0], enable.Args[1])
            : Errno.EINVAL;
    }
}
