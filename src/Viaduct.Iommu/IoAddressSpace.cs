using System.Runtime.CompilerServices;
using Viaduct.Iommu.SpaprTce;
using Viaduct.Memory;

namespace Viaduct.Iommu;

/// <summary>
/// The translations that a device's DMA goes through (the kernel's iommu_domain). One thread at a time changes it; any
/// number translate meanwhile, without a lock. When <see cref="Unmap"/> returns, no transfer of a <see cref="DmaPort"/>
/// touches the memory any more, as after the kernel's IOTLB flush: see <see cref="TransferSlot"/> for how.
/// </summary>
public sealed partial class IoAddressSpace
{
    private const int AttemptsWithoutLock = 256;

    /// <summary>Innermost: held for a change of the map or of the list of slots, never while waiting for
    /// anything.</summary>
    private readonly Lock _lock = new();
    private readonly IovaMap<Target> _map = new();
    private readonly IPageTableWalk? _walk;
    private TransferSlot[] _slots = [];
    private volatile MemorySource? _owner;

    /// <summary>It has nothing mapped.</summary>
    public IoAddressSpace() => Untracked = new IoDomain(this, null);

    /// <summary>Its translations are where somebody else keeps them; nothing may be mapped here.</summary>
    internal IoAddressSpace(IPageTableWalk walk)
        : this() => _walk = walk;

    /// <summary>For those who do not want to know what is written.</summary>
    internal IoDomain Untracked { get; }

    /// <summary>Moves bytes for those who ask the memory's owner, see <see cref="DmaPort.ReadThroughOwner"/>; its offsets are I/O virtual addresses. Null
    /// where nobody can be asked. Whoever takes it away calls <see cref="WaitForTransfers"/> before it ends.</summary>
    public MemorySource? Owner
    {
        get => _owner;
        set => _owner = value;
    }

    /// <summary>Adds a translation. The range (both ends belong to it) must be free.</summary>
    /// <param name="first">The first I/O virtual address.</param>
    /// <param name="last">The last one.</param>
    /// <param name="source">The memory.</param>
    /// <param name="offset">The place of <paramref name="first"/> in it.</param>
    /// <param name="access">What the device may do.</param>
    /// <exception cref="InvalidOperationException">The range is not free.</exception>
    public void Map(ulong first, ulong last, MemorySource source, ulong offset, DmaAccess access)
    {
        lock (_lock)
        {
            if (!_map.TryAdd(first, last, new Target(source, offset, access)))
            {
                throw new InvalidOperationException($"The range 0x{first:x}-0x{last:x} is mapped already.");
            }
        }
    }

    /// <summary>Removes the translation that starts at <paramref name="first"/>, and waits for transfers that use
    /// it.</summary>
    public void Unmap(ulong first)
    {
        UnmapDeferred(first);
        WaitForTransfers();
    }

    /// <summary>Removes the translation that starts at <paramref name="first"/>. Transfers that have begun may go on
    /// until
    /// <see cref="WaitForTransfers"/> has returned.</summary>
    public void UnmapDeferred(ulong first)
    {
        lock (_lock)
        {
            _map.TryRemove(first, out _);
        }
    }

    /// <summary>Makes two translations of one, which lead where it led; no transfer notices.</summary>
    /// <param name="at">The first address of the upper one, above the first address of one that holds it.</param>
    public void Split(ulong at)
    {
        lock (_lock)
        {
            if (_map.TryFind(at, out var entry))
            {
                var target = entry.Value;
                _map.TrySplit(at, new Target(target.Source, target.Offset + (at - entry.First), target.Access));
            }
        }
    }

    /// <summary>Leads the range that starts at <paramref name="first"/> elsewhere, and waits for transfers that use
    /// the old
    /// way.</summary>
    /// <param name="first">The first address of a range that is mapped.</param>
    /// <param name="source">The memory.</param>
    /// <param name="offset">The place of <paramref name="first"/> in it.</param>
    public void Retarget(ulong first, MemorySource source, ulong offset)
    {
        lock (_lock)
        {
            if (_map.TryFind(first, out var entry))
            {
                _map.TryUpdate(first, new Target(source, offset, entry.Value.Access));
            }
        }

        WaitForTransfers();
    }

    /// <summary>
    /// Waits until the transfers that have begun have ended; a piece of one is <see cref="DmaPort.MaxPiece"/> at most.
    /// Must not be called from within a transfer (by a <see cref="MemorySource"/>), which would wait for itself.
    /// </summary>
    public void WaitForTransfers()
    {
        // Pairs with the full fence in TransferSlot.TryEnter: a transfer that this does not see has yet to translate.
        Interlocked.MemoryBarrier();
        foreach (var slot in Volatile.Read(ref _slots))
        {
            slot.WaitUntilLeft();
        }
    }

    /// <summary>The same, for who must do something meanwhile without which a transfer does not end.</summary>
    /// <param name="meanwhile">Called again and again while there is a transfer to wait for; it may wait for a moment itself.</param>
    public void WaitForTransfersWhile(Action meanwhile)
    {
        Interlocked.MemoryBarrier();
        foreach (var slot in Volatile.Read(ref _slots))
        {
            slot.WaitUntilLeft(meanwhile);
        }
    }

    /// <summary>Looks an address up. Only a <see cref="DmaPort"/> is waited for when the mapping goes.</summary>
    /// <param name="iova">The I/O virtual address.</param>
    /// <param name="access">What is wanted; the mapping must allow all of it.</param>
    /// <param name="translation">Where it leads.</param>
    public bool TryTranslate(ulong iova, DmaAccess access, out DmaTranslation translation)
    {
        TranslationCache cache = default;
        return TryTranslate(iova, access, ref cache, out translation);
    }

    /// <summary>Looks an address up, first in the caller's cache.</summary>
    /// <param name="iova">The I/O virtual address.</param>
    /// <param name="access">What is wanted; the mapping must allow all of it.</param>
    /// <param name="cache">The caller's, of any address space; remembers the mapping found.</param>
    /// <param name="translation">Where it leads.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTranslate(ulong iova, DmaAccess access, ref TranslationCache cache, out DmaTranslation translation)
    {
        // The sequence that is remembered is even, so this fails too while a change is under way.
        if (cache.Sequence != _map.Sequence
            || cache.Space != this
            || iova - cache.First > cache.Last - cache.First)
        {
            if (!TryLookUp(iova, ref cache))
            {
                translation = default;
                return false;
            }
        }

        var before = iova - cache.First;
        var rest = cache.Last - iova;
        translation = new(cache.Source!, cache.Offset + before, rest == ulong.MaxValue ? rest : rest + 1);
        return (cache.Access & access) == access;
    }

    /// <summary>Makes a slot known to those who unmap; done before its first transfer here.</summary>
    internal void Register(TransferSlot slot)
    {
        lock (_lock)
        {
            _slots = [.. _slots, slot];
        }
    }

    /// <summary>Forgets a slot that is in no transfer here.</summary>
    internal void Unregister(TransferSlot slot)
    {
        lock (_lock)
        {
            _slots = [.. _slots.Where(known => known != slot)];
        }
    }

    private bool TryLookUp(ulong iova, ref TranslationCache cache)
    {
        if (_walk is not null)
        {
            // Tables change without telling, so that no later look-up may take this for an answer.
            cache.Space = this;
            cache.Sequence = -1;
            return _walk.TryWalk(iova, ref cache);
        }

        for (var attempt = 0; attempt < AttemptsWithoutLock; attempt++)
        {
            if (_map.TryRead(iova, out var entry, out var found, out var sequence))
            {
                return found && Remember(entry, sequence, ref cache);
            }

            Thread.SpinWait(8);
        }

        // The writer changes the map faster than this thread can look, or was suspended in the middle.
        lock (_lock)
        {
            return _map.TryFind(iova, out var entry) && Remember(entry, _map.Sequence, ref cache);
        }
    }

    private bool Remember(in IovaRange<Target> entry, long sequence, ref TranslationCache cache)
    {
        if (cache.Space != this)
        {
            cache.Space = this;
        }

        cache.Sequence = sequence;
        cache.First = entry.First;
        cache.Last = entry.Last;
        cache.Source = entry.Value.Source;
        cache.Offset = entry.Value.Offset;
        cache.Access = entry.Value.Access;
        return true;
    }
}
