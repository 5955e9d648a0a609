using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Who is charged for locked pages: the account_mode of struct iopt_pages, with its source_mm and source_user.</summary>
/// <param name="Memory">The process, whose pinned pages (VmPin) count whatever the mode.</param>
/// <param name="Account">The user's account or the process's (VmLck); null where no limit binds the process.</param>
internal readonly record struct IoasPayer(ClientMemory Memory, LockedMemory? Account)
{
    /// <summary>iopt_alloc_pages: who pays for what a task maps.</summary>
    /// <param name="caller">The task.</param>
    /// <param name="byProcess">IOMMU_OPTION_RLIMIT_MODE is 1.</param>
    public static IoasPayer Of(ClientTask caller, bool byProcess)
    {
        if (!byProcess)
        {
            return new IoasPayer(caller.Memory, caller.UserLocked);
        }

        // Only in this mode can the count be seen, so that only here is it asked in advance.
        return new IoasPayer(caller.Memory, caller.IsCapable(Capability.IpcLock) ? null : caller.Memory.Locked);
    }

    /// <summary>Counts pages.</summary>
    /// <param name="caller">Whose limit it is.</param>
    /// <param name="pages">Pages of 4 KiB.</param>
    /// <returns>Zero or ENOMEM.</returns>
    public SysResult Charge(ClientTask caller, ulong pages)
    {
        if (Account is { } account)
        {
            // Capabilities are asked for only where the limit does not do: that may cost a system call.
            var limit = caller.MemlockLimitPages;
            var capable = account.Pages + pages > limit && caller.IsCapable(Capability.IpcLock);
            var charged = account.Charge(pages, limit, capable);
            if (charged.IsError)
            {
                return charged;
            }
        }

        Memory.Locked.Pin(pages);
        return SysResult.Success;
    }

    /// <summary>Gives back pages that were charged.</summary>
    public void Uncharge(ulong pages)
    {
        Account?.Uncharge(pages);
        Memory.Locked.Unpin(pages);
    }
}
