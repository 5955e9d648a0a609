using Viaduct.Abi;
using Viaduct.Vfio.Files;

namespace Viaduct.Kvm.Files;

/// <summary>What a virtual machine's descriptor answers, whether it is ours or the host's.</summary>
internal static class VmIoctls
{
    /// <summary>KVM_CREATE_DEVICE of KVM_DEV_TYPE_VFIO.</summary>
    /// <param name="vm">The machine.</param>
    /// <param name="caller">Who calls.</param>
    /// <param name="argument">Where the structure is.</param>
    /// <param name="create">What was read there.</param>
    public static SysResult CreateVfioDevice(KvmVm vm, Caller caller, ulong argument, KvmCreateDevice create)
    {
        if ((create.Flags & KvmVfio.KVM_CREATE_DEVICE_TEST) != 0)
        {
            return Answer(caller, argument, create);
        }

        var result = vm.CreateVfioDevice(out var device);
        if (result.IsError)
        {
            return result;
        }

        var installed = caller.AddFile(new KvmVfioFile(device!), closeOnExec: true);
        if (installed.IsError)
        {
            device!.Release();
            return installed;
        }

        // The descriptor stays where it is told in vain, as in the kernel.
        create.Fd = (uint)installed.Raw;
        return Answer(caller, argument, create);
    }

    /// <summary>KVM_CREATE_SPAPR_TCE.</summary>
    public static SysResult CreateSpaprTce(KvmVm vm, Caller caller, ulong argument)
    {
        if (!caller.Memory.TryRead<KvmCreateSpaprTce>(argument, out var create))
        {
            return Errno.EFAULT;
        }

        const int PageShift = 12;
        return CreateTable(
            vm, caller, new KvmCreateSpaprTce64 { Liobn = create.Liobn, PageShift = PageShift, Size = create.WindowSize >> PageShift });
    }

    /// <summary>KVM_CREATE_SPAPR_TCE_64.</summary>
    public static SysResult CreateSpaprTce64(KvmVm vm, Caller caller, ulong argument)
        => caller.Memory.TryRead<KvmCreateSpaprTce64>(argument, out var create) ? CreateTable(vm, caller, create) : Errno.EFAULT;

    private static SysResult Answer(Caller caller, ulong argument, in KvmCreateDevice create)
        => caller.Memory.TryWrite(argument, create) ? SysResult.Success : Errno.EFAULT;

    private static SysResult CreateTable(KvmVm vm, Caller caller, in KvmCreateSpaprTce64 create)
    {
        var result = vm.CreateSpaprTce(caller, create, out var table);
        if (result.IsError)
        {
            return result;
        }

        var installed = caller.InstallFile(new SpaprTceFile(table!), closeOnExec: true);
        if (installed.IsError)
        {
            vm.Release(table!);
        }

        return installed;
    }
}
