namespace Viaduct.Iommu.Tests;

/// <summary>A count that threads share.</summary>
internal sealed class SharedCount
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Increment() => Interlocked.Increment(ref _count);
}
