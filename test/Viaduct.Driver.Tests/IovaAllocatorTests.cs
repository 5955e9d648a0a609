using FsCheck;
using FsCheck.Fluent;

namespace Viaduct.Driver.Tests;

public sealed class IovaAllocatorTests
{
    private const ulong Page = 4096;
    private const int Pages = 96;

    [Fact]
    public void RandomCalls_AgreeWithAMapOfPages()
    {
        var page = Gen.Choose(0, Pages - 1);
        var range = from one in page
                    from other in page
                    select (First: Math.Min(one, other), Last: Math.Max(one, other));
        var ranges = Gen.Choose(1, 4).SelectMany(count => range.ArrayOf(count));
        var step = from kind in Gen.Choose(0, 9)
                   from count in Gen.Choose(1, 12)
                   from shift in Gen.Choose(0, 4)
                   from at in page
                   select new Step(kind, count, shift, at);
        var run = from list in ranges
                  from steps in step.ArrayOf()
                  select (list, steps);
        Prop.ForAll(run.ToArbitrary(), pair => Check(pair.list, pair.steps)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Allocate_TopPage_IsGivenOut()
    {
        var allocator = new IovaAllocator([new IovaRange(ulong.MaxValue - (2 * Page) + 1, ulong.MaxValue)], Page);
        Assert.True(allocator.TryAllocate(2 * Page, Page, ulong.MaxValue, out var first));
        Assert.Equal(ulong.MaxValue - (2 * Page) + 1, first);
        Assert.False(allocator.TryAllocate(Page, Page, ulong.MaxValue, out _));
        allocator.Release(first, 2 * Page);
        Assert.True(allocator.TryReserve(ulong.MaxValue - Page + 1, Page));
    }

    [Fact]
    public void Allocate_WholeSpace_SparesPageZero()
    {
        var allocator = new IovaAllocator([new IovaRange(0, ulong.MaxValue)], Page);
        Assert.True(allocator.TryAllocate(Page, 1, ulong.MaxValue, out var first));
        Assert.Equal(Page, first);
        Assert.True(allocator.TryReserve(0, Page));
        Assert.False(allocator.TryReserve(0, Page));
        Assert.False(allocator.TryAllocate(Page, 1UL << 63, (1UL << 63) - 1, out _));
        Assert.True(allocator.TryAllocate(Page, 1UL << 63, ulong.MaxValue, out first));
        Assert.Equal(1UL << 63, first);
    }

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(1UL, 4096UL + 4094)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    public void RangesOfLessThanAPage_AreNotUsable(ulong first, ulong last) =>
        Assert.Empty(new IovaAllocator([new IovaRange(first, last)], Page).Usable);

    [Fact]
    public void Ranges_AreTrimmedToPagesAndMerged()
    {
        var allocator = new IovaAllocator(
            [new IovaRange(0x8000, 0x8FFF), new IovaRange(0x1001, 0x4FFE), new IovaRange(0x4000, 0x5FFF), new IovaRange(0x6000, 0x6FFF)],
            Page);
        Assert.Equal([new IovaRange(0x2000, 0x6FFF), new IovaRange(0x8000, 0x8FFF)], allocator.Usable);
    }

    [Fact]
    public void Restrict_TakesFreeSpaceAway_AndReleasedSpaceWithIt()
    {
        var allocator = new IovaAllocator([new IovaRange(0x1000, 0x8FFF)], Page);
        Assert.True(allocator.TryAllocate(4 * Page, Page, ulong.MaxValue, out var first));
        allocator.Restrict([new IovaRange(0x3000, 0x5FFF)]);
        allocator.Release(first, 4 * Page);
        Assert.False(allocator.TryReserve(0x1000, Page));
        Assert.True(allocator.TryReserve(0x3000, 3 * Page));
        Assert.False(allocator.TryAllocate(Page, Page, ulong.MaxValue, out _));
    }

    // Every answer is checked against a map with an entry a page: what is given out was free, and what is refused was
    // not there.
    private static bool Check((int First, int Last)[] ranges, Step[] steps)
    {
        var free = new bool[Pages];
        foreach (var (first, last) in ranges)
        {
            free.AsSpan(first, last - first + 1).Fill(true);
        }

        var usable = (bool[])free.Clone();
        var allocator = new IovaAllocator(
            ranges.Select(range => new IovaRange((ulong)range.First * Page, ((ulong)range.Last * Page) + Page - 1)), Page);
        List<(int First, int Count)> taken = [];
        foreach (var step in steps)
        {
            if (step.Kind < 5)
            {
                Allocate(allocator, free, taken, step);
            }
            else if (step.Kind < 7)
            {
                Reserve(allocator, free, taken, step);
            }
            else if (taken.Count > 0)
            {
                var (first, count) = taken[step.At % taken.Count];
                taken.RemoveAt(step.At % taken.Count);
                allocator.Release((ulong)first * Page, (ulong)count * Page);
                free.AsSpan(first, count).Fill(true);
            }
        }

        taken.ForEach(range => allocator.Release((ulong)range.First * Page, (ulong)range.Count * Page));
        foreach (var range in allocator.Usable)
        {
            Assert.True(allocator.TryReserve(range.First, range.Last - range.First + 1), "released space did not grow together");
            usable.AsSpan((int)(range.First / Page), (int)((range.Last - range.First + 1) / Page)).Clear();
        }

        Assert.DoesNotContain(true, usable);
        return true;
    }

    private static void Allocate(IovaAllocator allocator, bool[] free, List<(int First, int Count)> taken, Step step)
    {
        var alignment = 1 << step.Shift;
        var expected = Enumerable.Range(0, Pages).FirstOrDefault(
            first => first > 0 && first % alignment == 0 && first + step.Count - 1 <= step.At && IsFree(free, first, step.Count), -1);
        var last = ((ulong)step.At * Page) + Page - 1;
        var given = allocator.TryAllocate((ulong)step.Count * Page, (ulong)alignment * Page, last, out var iova);
        Assert.Equal(expected, given ? (int)(iova / Page) : -1);
        if (given)
        {
            Assert.Equal(0UL, iova % Page);
            Take(free, taken, expected, step.Count);
        }
    }

    private static void Reserve(IovaAllocator allocator, bool[] free, List<(int First, int Count)> taken, Step step)
    {
        var expected = IsFree(free, step.At, step.Count);
        Assert.Equal(expected, allocator.TryReserve((ulong)step.At * Page, (ulong)step.Count * Page));
        if (expected)
        {
            Take(free, taken, step.At, step.Count);
        }
    }

    private static void Take(bool[] free, List<(int First, int Count)> taken, int first, int count)
    {
        free.AsSpan(first, count).Clear();
        taken.Add((first, count));
    }

    private static bool IsFree(bool[] free, int first, int count) =>
        first + count <= Pages && !free.AsSpan(first, count).Contains(false);

    private sealed record Step(int Kind, int Count, int Shift, int At);
}
