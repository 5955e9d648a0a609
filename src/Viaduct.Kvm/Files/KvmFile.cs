using Viaduct.Abi;
using Viaduct.Vfio.Files;

namespace Viaduct.Kvm.Files;

/// <summary>An open /dev/kvm of a POWER machine. It makes machines that have no processors.</summary>
/// <param name="kernelPageShift">log2 of the kernel's pages, 12 or 16.</param>
public sealed class KvmFile(int kernelPageShift) : VfioFile
{
    /// <summary>Where it is.</summary>
    public const string Path = "/dev/kvm";

    /// <summary>KVM_API_VERSION.</summary>
    public const int ApiVersion = 12;

    // KVM_VM_PPC_HV; zero leaves it to the kernel.
    private const ulong LastMachineType = 1;

    /// <inheritdoc/>
    public override string LinkName => Path;

    /// <inheritdoc/>
    public override DeviceNumber? DeviceNumber => Number;

    /// <inheritdoc/>
    public override bool HasSeek => true;

    /// <summary>st_rdev of its node: KVM_MINOR, linux/miscdevice.h.</summary>
    public static DeviceNumber Number => new(10, 232);

    /// <summary>Hears of each processor that could not be made.</summary>
    public Action? ProcessorWanted { get; init; }

    /// <inheritdoc/>
    public override SysResult Ioctl(Caller caller, uint command, ulong argument) => command switch
    {
        KvmIoctl.KVM_GET_API_VERSION => argument == 0 ? SysResult.FromValue(ApiVersion) : Errno.EINVAL,
        KvmIoctl.KVM_CREATE_VM => CreateVm(caller, argument),
        KvmIoctl.KVM_CHECK_EXTENSION => CheckExtension(argument),
        KvmIoctl.KVM_GET_VCPU_MMAP_SIZE => argument == 0 ? SysResult.FromValue(1L << kernelPageShift) : Errno.EINVAL,
        _ => Errno.EINVAL,
    };

    /// <inheritdoc/>
    public override void Release()
    {
    }

    /// <summary>KVM_CHECK_EXTENSION: what there is of KVM here.</summary>
    internal static SysResult CheckExtension(ulong extension) => SysResult.FromValue(extension switch
    {
        KvmCapability.KVM_CAP_NR_MEMSLOTS => KvmVm.MaxSlots,
        KvmCapability.KVM_CAP_USER_MEMORY or KvmCapability.KVM_CAP_SYNC_MMU or KvmCapability.KVM_CAP_DESTROY_MEMORY_REGION_WORKS
            or KvmCapability.KVM_CAP_SPAPR_TCE or KvmCapability.KVM_CAP_DEVICE_CTRL
            or KvmCapability.KVM_CAP_SPAPR_MULTITCE or KvmCapability.KVM_CAP_ENABLE_CAP_VM or KvmCapability.KVM_CAP_PPC_ENABLE_HCALL
            or KvmCapability.KVM_CAP_CHECK_EXTENSION_VM or KvmCapability.KVM_CAP_SPAPR_TCE_64
            or KvmCapability.KVM_CAP_SPAPR_TCE_VFIO => 1,
        _ => 0,
    });

    private SysResult CreateVm(Caller caller, ulong type)
    {
        if (type > LastMachineType)
        {
            return Errno.EINVAL;
        }

        var file = new KvmVmFile(new KvmVm(caller.Memory, kernelPageShift), ProcessorWanted);
        var installed = caller.InstallFile(file, closeOnExec: true);
        if (installed.IsError)
        {
            file.Release();
        }

        return installed;
    }
}
