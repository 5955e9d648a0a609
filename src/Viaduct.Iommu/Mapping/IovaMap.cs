using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Viaduct.Iommu;

/// <summary>
/// Disjoint ranges of addresses in order, both ends of each belonging to it, so that the last page can be mapped. A
/// B+tree: everything costs O(log n), and nothing is allocated but when the map grows beyond what it ever held.
/// <para>One writer at a time, which the owner's lock sees to; <see cref="TryRead"/> needs no lock and may run beside
/// it. The writer makes <see cref="Sequence"/> odd while it changes the tree. A reader beside it may see any mixture of
/// old and new nodes: they are objects, so that nothing it follows is ever not a node, its loops are bounded by the
/// nodes' capacity and <see cref="MaxDepth"/>, and its find counts only when the sequence is even and the same before
/// and after. All other members are the writer's.</para>
/// </summary>
public sealed partial class IovaMap<T>
    where T : struct
{
    /// <summary>No tree gets as deep: inner nodes but the root have 4 children or more.</summary>
    private const int MaxDepth = 24;

    /// <summary>Fewer, and a node takes from its neighbour or joins it.</summary>
    private const int MinCount = IovaMapNode.Capacity / 4;

    private readonly IovaMapInner[] _path = new IovaMapInner[MaxDepth];
    private readonly int[] _pathIndex = new int[MaxDepth];
    private int _depth;
    private IovaMapNode _root = new IovaMapLeaf<T>();
    private long _sequence;
    private IovaMapNode? _spareLeaves;
    private IovaMapNode? _spareInners;

    /// <summary>Entries.</summary>
    public int Count { get; private set; }

    /// <summary>Changes with every change of the map; odd while one is under way.</summary>
    public long Sequence
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _sequence);
    }

    /// <summary>Looks an address up, without a lock; one attempt.</summary>
    /// <param name="address">What to look for.</param>
    /// <param name="entry">The range that contains it, where <paramref name="found"/>.</param>
    /// <param name="found">A range contains it.</param>
    /// <param name="sequence">The <see cref="Sequence"/> at which this was so.</param>
    /// <returns>False where the map was being changed and nothing is known: try again.</returns>
    public bool TryRead(ulong address, out IovaRange<T> entry, out bool found, out long sequence)
    {
        sequence = Volatile.Read(ref _sequence);
        if ((sequence & 1) == 0 && FindLeaf(address) is { } leaf)
        {
            found = Find(leaf, address, out entry);
            Volatile.ReadBarrier();
            return Volatile.Read(ref _sequence) == sequence;
        }

        entry = default;
        found = false;
        return false;
    }

    /// <summary>Looks an address up.</summary>
    /// <param name="address">What to look for.</param>
    /// <param name="entry">The range that contains it.</param>
    public bool TryFind(ulong address, out IovaRange<T> entry)
    {
        entry = default;
        return FindLeaf(address) is { } leaf && Find(leaf, address, out entry);
    }

    /// <summary>Finds the lowest range that shares an address with another.</summary>
    /// <param name="first">The other's first address.</param>
    /// <param name="last">The other's last address.</param>
    /// <param name="entry">The lowest range that shares an address with it.</param>
    public bool TryFindOverlap(ulong first, ulong last, out IovaRange<T> entry)
    {
        if (FindLeaf(first) is { } leaf)
        {
            var index = leaf.Rank(first);
            if (index > 0 && leaf.Lasts[index - 1] >= first)
            {
                entry = leaf[index - 1];
                return true;
            }

            if (index == leaf.Count && leaf.Next is { } next)
            {
                leaf = next;
                index = 0;
            }

            if (index < leaf.Count && leaf.Keys[index] <= last)
            {
                entry = leaf[index];
                return true;
            }
        }

        entry = default;
        return false;
    }

    /// <summary>Finds the lowest range that begins above an address.</summary>
    public bool TryFindAfter(ulong address, out IovaRange<T> entry)
    {
        if (FindLeaf(address) is { } leaf)
        {
            var index = leaf.Rank(address);
            if (index < leaf.Count)
            {
                entry = leaf[index];
                return true;
            }

            if (leaf.Next is { } next)
            {
                entry = next[0];
                return true;
            }
        }

        entry = default;
        return false;
    }

    /// <summary>Replaces the value of the range that begins at <paramref name="first"/>.</summary>
    /// <returns>False where none begins there.</returns>
    public bool TryUpdate(ulong first, in T value)
    {
        var leaf = Descend(first);
        var index = leaf.Rank(first) - 1;
        if (index < 0 || leaf.Keys[index] != first)
        {
            return false;
        }

        BeginChange();
        leaf.Values[index] = value;
        EndChange();
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Find(IovaMapLeaf<T> leaf, ulong address, out IovaRange<T> entry)
    {
        var index = leaf.Rank(address) - 1;
        if (index >= 0)
        {
            entry = leaf[index];
            return address <= entry.Last;
        }

        entry = default;
        return false;
    }

    /// <summary>The leaf where an address belongs; null where a change under way hides it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private IovaMapLeaf<T>? FindLeaf(ulong address)
    {
        var node = _root;
        for (var depth = 0; depth < MaxDepth && node is IovaMapInner inner; depth++)
        {
            node = inner.Children[Math.Max(inner.Rank(address) - 1, 0)];
        }

        return node as IovaMapLeaf<T>;
    }

    /// <summary>The same for the writer, which needs the way back up.</summary>
    private IovaMapLeaf<T> Descend(ulong address)
    {
        var node = _root;
        _depth = 0;
        while (node is IovaMapInner inner)
        {
            var index = Math.Max(inner.Rank(address) - 1, 0);
            _path[_depth] = inner;
            _pathIndex[_depth++] = index;
            node = inner.Children[index]!;
        }

        return (IovaMapLeaf<T>)node;
    }

    private void BeginChange()
    {
        Volatile.Write(ref _sequence, _sequence + 1);
        Volatile.WriteBarrier();
    }

    private void EndChange() => Volatile.Write(ref _sequence, _sequence + 1);

    /// <summary>Has a leaf and an inner node for each level at hand, so that no allocation can fail within a
    /// change.</summary>
    private void EnsureSpares()
    {
        _spareLeaves ??= new IovaMapLeaf<T>();
        var wanted = _depth + 1;
        for (var spare = _spareInners; spare is not null && wanted > 0; spare = spare.NextSpare)
        {
            wanted--;
        }

        while (wanted-- > 0)
        {
            _spareInners = new IovaMapInner { NextSpare = _spareInners };
        }
    }

    [return: NotNull]
    private static TNode Take<TNode>(ref IovaMapNode? spares)
        where TNode : IovaMapNode
    {
        var node = (TNode)spares!;
        spares = node.NextSpare;
        node.NextSpare = null;
        return node;
    }
}
