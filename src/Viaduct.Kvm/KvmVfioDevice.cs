using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Vfio.Files;

namespace Viaduct.Kvm;

/// <summary>
/// The KVM-VFIO device (virt/kvm/vfio.c): which VFIO files belong to a virtual machine. It keeps them open. A machine has one at most; it is a user of the
/// machine until its release.
/// </summary>
public sealed class KvmVfioDevice
{
    // kv->lock. Taken outside the VFIO core's.
    private readonly Lock _lock = new();
    private readonly List<Member> _members = [];

    internal KvmVfioDevice(KvmVm vm) => Vm = vm;

    /// <summary>The machine.</summary>
    public KvmVm Vm { get; }

    /// <summary>KVM_DEV_VFIO_FILE_ADD. Devices that are opened by the file from then on are in the machine.</summary>
    /// <param name="file">The file itself, not its descriptor: two descriptors may have one file, and one group two files.</param>
    /// <returns>Zero; EINVAL where it is no group's and no device's; EEXIST.</returns>
    public SysResult Add(VfioFile? file)
    {
        if (file is not IAssignableFile assignable)
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            if (_members.Exists(member => member.File == assignable))
            {
                return Errno.EEXIST;
            }

            assignable.Hold();
            _members.Add(new Member(assignable));
            assignable.SetVirtualMachine(Vm);
            return SysResult.Success;
        }
    }

    /// <summary>KVM_DEV_VFIO_FILE_DEL. What the group's windows hold stays as it is; the guest's hypercalls do not reach them any more.</summary>
    /// <returns>Zero or ENOENT.</returns>
    public SysResult Remove(VfioFile? file)
    {
        lock (_lock)
        {
            if (_members.Find(member => member.File == file as IAssignableFile && file is not null) is not { } member)
            {
                return Errno.ENOENT;
            }

            _members.Remove(member);
            Release(member);
            return SysResult.Success;
        }
    }

    /// <summary>KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE: a guest's table goes to the window of the file's group that starts where it starts.</summary>
    /// <param name="file">A group's file that was added.</param>
    /// <param name="findTable">Finds the table, once the file is known to be good; EBADF and EINVAL are its.</param>
    /// <returns>Zero, also where it was so before; ENOENT; EIO where the file has no group; EINVAL where no window fits.</returns>
    public SysResult SetSpaprTce(VfioFile? file, Func<(SysResult Result, GuestTceTable? Table)> findTable)
    {
        ArgumentNullException.ThrowIfNull(findTable);
        lock (_lock)
        {
            if (_members.Find(member => member.File == file as IAssignableFile && file is not null) is not { } member)
            {
                return Errno.ENOENT;
            }

            lock (member.File.Gate)
            {
                member.Group ??= member.File.IommuGroup;
                if (member.Group is null)
                {
                    return Errno.EIO;
                }

                var (found, table) = findTable();
                return found.IsError ? found : table is null ? Errno.EINVAL : Vm.Attach(table, member.Group);
            }
        }
    }

    /// <summary>The same for a table at hand.</summary>
    public SysResult SetSpaprTce(VfioFile? file, GuestTceTable table) => SetSpaprTce(file, () => (SysResult.Success, table));

    /// <summary>KVM_HAS_DEVICE_ATTR.</summary>
    /// <returns>Zero or ENXIO.</returns>
    public SysResult HasAttr(uint group, ulong attr)
    {
        var isKnown = group == KvmVfio.KVM_DEV_VFIO_FILE && attr switch
        {
            KvmVfio.KVM_DEV_VFIO_FILE_ADD or KvmVfio.KVM_DEV_VFIO_FILE_DEL => true,
            KvmVfio.KVM_DEV_VFIO_GROUP_SET_SPAPR_TCE => Vm.HasTceTables,
            _ => false,
        };
        return isKnown ? SysResult.Success : Errno.ENXIO;
    }

    /// <summary>The device is closed: its files are let go, and the machine may have another one.</summary>
    public void Release()
    {
        Vm.Forget(this);
        lock (_lock)
        {
            foreach (var member in _members)
            {
                Release(member);
            }

            _members.Clear();
        }

        Vm.Put();
    }

    private void Release(Member member)
    {
        if (member.Group is { } group)
        {
            lock (member.File.Gate)
            {
                Vm.Detach(group);
            }
        }

        member.File.SetVirtualMachine(null);
        member.File.LetGo();
    }

    /// <summary>struct kvm_vfio_file.</summary>
    private sealed class Member(IAssignableFile file)
    {
        public IAssignableFile File { get; } = file;

        /// <summary>From the first table on.</summary>
        public IommuGroup? Group { get; set; }
    }
}
