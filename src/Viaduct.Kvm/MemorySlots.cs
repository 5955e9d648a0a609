using Viaduct.Abi;

namespace Viaduct.Kvm;

/// <summary>Where guest memory is: KVM_SET_USER_MEMORY_REGION. One thread at a time changes it, under the VM's lock; any thread looks up without one.</summary>
/// <param name="kernelPageShift">log2 of the kernel's pages, 12 or 16.</param>
internal sealed class MemorySlots(int kernelPageShift)
{
    // KVM_MEM_SLOTS_NUM, KVM_MEM_MAX_NR_PAGES.
    public const uint Max = 32767;
    private const ulong MaxPages = (1UL << 31) - 1;

    // TASK_SIZE of a 64-bit process on POWER, hash or radix: 4 PiB.
    private const ulong UserEnd = 1UL << 52;

    // By guest address; replaced whole.
    private volatile MemorySlot[] _slots = [];

    public IReadOnlyList<MemorySlot> All => _slots;

    /// <summary>gfn_to_memslot.</summary>
    public MemorySlot? Find(ulong guestAddress)
    {
        var slots = _slots;
        var low = 0;
        var high = slots.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (slots[middle].GuestAddress <= guestAddress)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && slots[low - 1].Contains(guestAddress) ? slots[low - 1] : null;
    }

    /// <summary>__kvm_set_memory_region.</summary>
    /// <param name="region">What is wanted.</param>
    /// <param name="replaced">A slot that is not any more, when those who may have found it have been waited for.</param>
    public SysResult Set(in KvmUserspaceMemoryRegion region, out MemorySlot? replaced)
    {
        replaced = null;
        if (!IsValid(region))
        {
            return Errno.EINVAL;
        }

        var id = region.Slot;
        var old = Array.Find(_slots, slot => slot.Id == id);
        if (region.MemorySize == 0)
        {
            replaced = old;
            return old is null ? Errno.EINVAL : Replace(old, null);
        }

        if (old is not null)
        {
            if (old.UserAddress != region.UserspaceAddr || old.Size != region.MemorySize)
            {
                return Errno.EINVAL;
            }

            if (old.GuestAddress == region.GuestPhysAddr && old.Flags == region.Flags)
            {
                return SysResult.Success;
            }
        }

        var slot = new MemorySlot(id, region.Flags, region.GuestPhysAddr, region.MemorySize, region.UserspaceAddr);
        if (Array.Exists(_slots, other => other != old && Overlap(other, slot)))
        {
            return Errno.EEXIST;
        }

        replaced = old;
        return Replace(old, slot);
    }

    private bool IsValid(in KvmUserspaceMemoryRegion region)
    {
        var mask = (1UL << kernelPageShift) - 1;
        return (region.Flags & ~KvmMemory.KVM_MEM_LOG_DIRTY_PAGES) == 0
            && ((region.MemorySize | region.GuestPhysAddr | region.UserspaceAddr) & mask) == 0
            && region.MemorySize <= UserEnd && region.UserspaceAddr <= UserEnd - region.MemorySize
            && region.Slot < Max
            && region.GuestPhysAddr + region.MemorySize >= region.GuestPhysAddr
            && region.MemorySize >> kernelPageShift <= MaxPages;
    }

    private SysResult Replace(MemorySlot? old, MemorySlot? slot)
    {
        var slots = _slots.Where(other => other != old);
        if (slot is not null)
        {
            slots = slots.Append(slot).OrderBy(other => other.GuestAddress);
        }

        _slots = [.. slots];
        if (old is not null)
        {
            old.IsGone = true;
        }

        return SysResult.Success;
    }

    private static bool Overlap(MemorySlot one, MemorySlot other)
        => one.Contains(other.GuestAddress) || other.Contains(one.GuestAddress);
}
