using System.Runtime.CompilerServices;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>
/// What the hardware looks up for one DMA window (struct iommu_table): an entry for each of its pages, which leads to an address of the
/// client's process. Entries are found in three steps whatever the table's size, and memory for them comes as they are
/// written. Any thread may read and write, without a lock, as vCPUs do; of two that write one entry at once either wins.
/// <para>An entry is the client's address and a <see cref="Tce"/>'s permissions. Whether there is memory at that address is asked at
/// each transfer (<see cref="RegisteredMemory"/>), so that an entry written while its memory goes leads nowhere.</para>
/// </summary>
public sealed class TceTable
{
    // 512 entries, 4 KiB; 8,192 leaves, 64 KiB.
    private const int LeafBits = 9;
    private const int MiddleBits = 13;
    private const int LeafMask = (1 << LeafBits) - 1;
    private const int MiddleMask = (1 << MiddleBits) - 1;
    private const int RootShift = LeafBits + MiddleBits;

    /// <summary>What no entry is.</summary>
    public const ulong NoPlace = ulong.MaxValue;

    private readonly Lock _growLock = new();
    private readonly ByteBudget _budget;

    // A place that was never written has no entries, so that one comparison finds out. None at all: the platform has taken the
    // window away, and what is written to it goes nowhere.
    private volatile ulong[][][] _root;

    internal TceTable(TceWindow window, IoAddressSpace? space, RegisteredMemory? memory, ByteBudget budget)
    {
        Window = window;
        Space = space;
        Memory = memory;
        _budget = budget;
        _root = new ulong[checked((int)((window.Pages + (1UL << RootShift) - 1) >> RootShift))][][];
        Array.Fill(_root, []);
    }

    /// <summary>Where it is and what it is made of.</summary>
    public TceWindow Window { get; }

    /// <summary>The client's memory that entries may lead to; null where each entry holds its own page (container version 1), so that KVM has no business
    /// here.</summary>
    public RegisteredMemory? Memory { get; }

    /// <summary>The platform has taken the window away: every access fails.</summary>
    public bool IsRevoked => _root.Length == 0;

    /// <summary>The address space that its devices translate in; transfers there are waited for.</summary>
    internal IoAddressSpace? Space { get; }

    /// <summary>The entry of a page, zero where there is none.</summary>
    /// <param name="index">Pages from the window's start, below its <see cref="TceWindow.Pages"/>.</param>
    public ulong Get(ulong index)
    {
        var leaf = FindLeaf(index);
        return leaf.Length != 0 ? Volatile.Read(ref leaf[(int)index & LeafMask]) : 0;
    }

    /// <summary>Writes an entry: iommu_tce_xchg_no_kill. The devices may go on with the old one until <see cref="Kill"/>.</summary>
    /// <param name="index">Pages from the window's start, below its <see cref="TceWindow.Pages"/>.</param>
    /// <param name="entry">An address, a multiple of the window's pages, with permissions; or zero.</param>
    /// <param name="old">What was there; zero where nothing was.</param>
    /// <returns>False where the table is <see cref="IsRevoked"/>, or there is no memory for entries.</returns>
    public bool TryExchange(ulong index, ulong entry, out ulong old)
    {
        old = ExchangeInPlace(index, entry);
        if (old != NoPlace)
        {
            return true;
        }

        old = 0;
        return entry == 0 ? !IsRevoked : TryGrow(index, entry);
    }

    /// <summary>Writes an entry if that takes no memory.</summary>
    /// <param name="index">Pages from the window's start, below its <see cref="TceWindow.Pages"/>.</param>
    /// <param name="entry">An address, a multiple of the window's pages, with permissions; or zero.</param>
    /// <returns>What was there; <see cref="NoPlace"/> where there is no place for it yet, or the table is <see cref="IsRevoked"/>: nothing is written
    /// then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ExchangeInPlace(ulong index, ulong entry)
    {
        var root = _root;
        var first = index >> RootShift;
        if (first >= (ulong)root.Length)
        {
            return NoPlace;
        }

        var middle = root[(uint)first];
        var second = (uint)(index >> LeafBits) & MiddleMask;
        if (second >= (uint)middle.Length)
        {
            return NoPlace;
        }

        var leaf = middle[second];
        var third = (uint)index & LeafMask;
        if (third >= (uint)leaf.Length)
        {
            return NoPlace;
        }

        ref var place = ref leaf[third];
        var old = Volatile.Read(ref place);
        Volatile.Write(ref place, entry);
        return old;
    }

    /// <summary>There is a place for each of these entries, and the table is not <see cref="IsRevoked"/>.</summary>
    public bool HasPlaces(ulong index, ulong count)
    {
        for (var leaf = index >> LeafBits; count > 0 && leaf <= (index + (count - 1)) >> LeafBits; leaf++)
        {
            if (FindLeaf(leaf << LeafBits).Length == 0)
            {
                return false;
            }
        }

        return !IsRevoked;
    }

    /// <summary>
    /// The run of entries that lie together in memory, from a page on: as far as <paramref name="count"/>, less where the run ends.
    /// For callers that write many.
    /// </summary>
    /// <returns>Empty where no entry of the run was ever written, or the table is revoked.</returns>
    public Span<ulong> Run(ulong index, ulong count)
    {
        var leaf = FindLeaf(index);
        if (leaf.Length == 0)
        {
            return default;
        }

        var at = (int)index & LeafMask;
        return leaf.AsSpan(at, (int)Math.Min((ulong)(leaf.Length - at), count));
    }

    /// <summary>Pages from one on that have no entries, when <see cref="Run"/> was empty.</summary>
    public ulong PagesToNextRun(ulong index)
    {
        var root = _root;
        var at = index >> RootShift;
        var bits = at < (ulong)root.Length && root[at].Length != 0 ? LeafBits : RootShift;
        return (1UL << bits) - (index & ((1UL << bits) - 1));
    }

    /// <summary>Waits until no transfer goes by an entry that has been taken away: iommu_tce_kill. Devices see new entries without it.</summary>
    public void Kill() => Space?.WaitForTransfers();

    /// <summary>The platform takes the window away: devices find nothing, and writers neither.</summary>
    internal void Revoke()
    {
        var root = _root;
        _root = [];
        Kill();
        foreach (var leaf in Leaves(root))
        {
            _budget.Give(leaf.Entries.Length * sizeof(ulong));
        }
    }

    /// <summary>Some entry leads into a range of the client's addresses.</summary>
    internal bool LeadsInto(ulong first, ulong last)
    {
        foreach (var (_, leaf) in Leaves(_root))
        {
            foreach (var entry in leaf)
            {
                var address = entry & ~Tce.Permissions;
                if ((entry & Tce.Permissions) != 0 && address >= first && address <= last)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Every entry that allows something, with its page.</summary>
    public IEnumerable<(ulong Index, ulong Entry)> Entries()
    {
        foreach (var (start, leaf) in Leaves(_root))
        {
            for (var i = 0; i < leaf.Length; i++)
            {
                if ((leaf[i] & Tce.Permissions) != 0)
                {
                    yield return (start + (ulong)i, leaf[i]);
                }
            }
        }
    }

    private static IEnumerable<(ulong Start, ulong[] Entries)> Leaves(ulong[][][] root)
    {
        for (var i = 0; i < root.Length; i++)
        {
            for (var j = 0; j < root[i].Length; j++)
            {
                if (root[i][j] is { Length: > 0 } leaf)
                {
                    yield return (((ulong)i << RootShift) | ((ulong)j << LeafBits), leaf);
                }
            }
        }
    }

    /// <summary>The entries around one; none where they were never written, or the table is revoked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong[] FindLeaf(ulong index)
    {
        var root = _root;
        var at = index >> RootShift;
        if (at >= (ulong)root.Length)
        {
            return [];
        }

        var middle = root[(uint)at];
        var below = (uint)(index >> LeafBits) & MiddleMask;
        return below < (uint)middle.Length ? middle[below] : [];
    }

    private bool TryGrow(ulong index, ulong entry)
    {
        lock (_growLock)
        {
            var root = _root;
            var at = index >> RootShift;
            if (at >= (ulong)root.Length || !TryMakeLeaf(root, index))
            {
                return false;
            }

            Volatile.Write(ref root[at][(int)(index >> LeafBits) & MiddleMask][(int)index & LeafMask], entry);
            return true;
        }
    }

    private bool TryMakeLeaf(ulong[][][] root, ulong index)
    {
        ref var middle = ref root[index >> RootShift];
        if (middle.Length == 0)
        {
            var made = new ulong[1 << MiddleBits][];
            Array.Fill(made, []);
            Volatile.Write(ref middle, made);
        }

        ref var leaf = ref middle[(int)(index >> LeafBits) & MiddleMask];
        if (leaf.Length != 0)
        {
            return true;
        }

        if (!_budget.TryTake((1 << LeafBits) * sizeof(ulong)))
        {
            return false;
        }

        Volatile.Write(ref leaf, new ulong[1 << LeafBits]);
        return true;
    }
}
