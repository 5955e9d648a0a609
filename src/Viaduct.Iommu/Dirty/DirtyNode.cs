namespace Viaduct.Iommu;

/// <summary>A level of a <see cref="DirtyTree"/>: nodes, or on the lowest level leaves. What is in a place once stays there.</summary>
internal sealed class DirtyNode
{
    /// <summary>Bits of an address that a level decodes.</summary>
    public const int Bits = 9;

    /// <summary>What one takes, in bytes.</summary>
    public const long Cost = (8L << Bits) + 48;

    private readonly object?[] _children = new object?[1 << Bits];

    /// <summary>What is in a place, or null.</summary>
    public object? this[int index] => Volatile.Read(ref _children[index]);

    /// <summary>Puts something in a place that is free.</summary>
    /// <returns>What is there from now on, which another thread may have put in before.</returns>
    public object Put(int index, object child) => Interlocked.CompareExchange(ref _children[index], child, null) ?? child;
}
