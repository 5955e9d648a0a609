using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>account_locked_vm: what an address space has locked, in bytes that are multiples of 4 KiB.</summary>
public static class LockedPages
{
    /// <summary>What is counted: pages of 4 KiB.</summary>
    public const int PageShift = 12;

    /// <summary>Counts bytes against the caller's RLIMIT_MEMLOCK.</summary>
    /// <returns>Zero or ENOMEM.</returns>
    public static SysResult Charge(ClientTask caller, ulong bytes)
    {
        var pages = bytes >> PageShift;
        var locked = caller.Memory.Locked;
        var limit = caller.MemlockLimitPages;

        // Asking for a capability may cost a system call.
        var capable = pages > 0 && locked.Pages + pages > limit && caller.IsCapable(Capability.IpcLock);
        return locked.Charge(pages, limit, capable);
    }

    /// <summary>Gives them back.</summary>
    public static void Uncharge(ClientMemory memory, ulong bytes) => memory.Locked.Uncharge(bytes >> PageShift);
}
