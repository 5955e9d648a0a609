using FsCheck;
using FsCheck.Fluent;

namespace Viaduct.Iommu.Tests;

public sealed class IovaMapTests
{
    [Fact]
    public void TryAdd_TopOfTheAddressSpace_IsFoundAndRemoved()
    {
        var map = new IovaMap<int>();
        Assert.True(map.TryAdd(ulong.MaxValue - 9, ulong.MaxValue, 1));
        Assert.True(map.TryAdd(0, 9, 2));
        Assert.True(map.TryFind(ulong.MaxValue, out var top));
        Assert.Equal(new IovaRange<int>(ulong.MaxValue - 9, ulong.MaxValue, 1), top);
        Assert.False(map.TryAdd(10, ulong.MaxValue, 3));
        Assert.False(map.TryFindAfter(ulong.MaxValue - 9, out _));
        Assert.True(map.TryRemove(ulong.MaxValue - 9, out _));
        Assert.True(map.TryAdd(10, ulong.MaxValue, 3));
    }

    [Fact]
    public void TryAdd_WholeAddressSpace_IsOneEntry()
    {
        var map = new IovaMap<int>();
        Assert.True(map.TryAdd(0, ulong.MaxValue, 1));
        Assert.True(map.TryFindOverlap(5, 5, out _));
        Assert.False(map.TryAdd(5, 5, 2));
    }

    [Fact]
    public void TryAdd_LastBelowFirst_IsABug()
        => Assert.Throws<ArgumentOutOfRangeException>(() => new IovaMap<int>().TryAdd(2, 1, 0));

    /// <summary>Any sequence of changes and questions has the answers of a sorted list.</summary>
    [Fact]
    public void Operations_AgreeWithAList()
        => Prop.ForAll(Operations(), steps => Agree(steps)).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(600));

    /// <summary>One range is cut until there is one for each address, at random places, over many leaves.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Split_EverywhereInOneRange_AgreesWithAList(int seed)
    {
        var places = Enumerable.Range(0, 3_000).Select(i => (ulong)i).ToArray();
        new System.Random(seed).Shuffle(places);
        var map = new IovaMap<int>();
        var model = new IovaMapModel();
        Assert.True(Step(map, model, new IovaMapStep(IovaMapStepKind.Add, 0, 2_999)));
        foreach (var at in places)
        {
            Assert.True(Step(map, model, new IovaMapStep(IovaMapStepKind.Split, at, 0)));
        }

        Assert.Equal(3_000, map.Count);
        Assert.True(SameContent(map, model));
    }

    /// <summary>The same with so many entries that the tree has three levels and is taken down again.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Operations_ManyEntries_AgreeWithAList(int seed)
    {
        var random = new System.Random(seed);
        var map = new IovaMap<int>();
        var model = new IovaMapModel();
        for (var i = 0; i < 12_000; i++)
        {
            // Grows in the first half and shrinks in the second.
            var adds = random.Next(100) < (i < 6_000 ? 80 : 15);
            var first = (ulong)random.Next(8_000) * 4;
            Assert.True(Step(map, model, new IovaMapStep(adds ? IovaMapStepKind.Add : IovaMapStepKind.RemoveNth, first, 3)));
        }

        Assert.True(SameContent(map, model));
    }

    [Fact]
    public void Operations_InSteadyState_AllocateNothing()
    {
        var map = new IovaMap<long>();
        Churn(map);
        Assert.Equal(0, Allocations.Least(() => Churn(map)));

        static void Churn(IovaMap<long> map)
        {
            for (ulong i = 0; i < 5_000; i++)
            {
                map.TryAdd(i * 7919 % 5_000 * 16, (i * 7919 % 5_000 * 16) + 15, (long)i);
            }

            for (ulong i = 0; i < 5_000; i++)
            {
                map.TryRead(i * 16, out _, out _, out _);
                map.TryRemove(i * 16, out _);
            }
        }
    }

    [Fact]
    public void Sequence_ChangesWithEveryChange_AndIsEven()
    {
        var map = new IovaMap<int>();
        var before = map.Sequence;
        map.TryAdd(1, 2, 3);
        var between = map.Sequence;
        map.TryRemove(1, out _);
        Assert.True(before < between && between < map.Sequence);
        Assert.All([before, between, map.Sequence], sequence => Assert.Equal(0, sequence & 1));
    }

    private static bool Agree(IovaMapStep[] steps)
    {
        var map = new IovaMap<int>();
        var model = new IovaMapModel();
        return Array.TrueForAll(steps, step => Step(map, model, step)) && SameContent(map, model);
    }

    private static bool Step(IovaMap<int> map, IovaMapModel model, IovaMapStep step)
    {
        var last = step.First + Math.Min(step.Extra, ulong.MaxValue - step.First);
        switch (step.Kind)
        {
            case IovaMapStepKind.Add:
                return map.TryAdd(step.First, last, model.Count) == model.TryAdd(step.First, last, model.Count);
            case IovaMapStepKind.Remove:
                return map.TryRemove(step.First, out _) == model.Remove(step.First);
            case IovaMapStepKind.RemoveNth:
                return model.Nth(step.First) is not { } nth || (map.TryRemove(nth, out _) && model.Remove(nth));
            case IovaMapStepKind.Split:
                return map.TrySplit(step.First, model.Count) == model.Split(step.First, model.Count);
            case IovaMapStepKind.Find:
                return Same(map.TryFind(step.First, out var found), found, model.FindOverlap(step.First, step.First))
                    && map.TryRead(step.First, out var read, out var isThere, out _)
                    && Same(isThere, read, model.FindOverlap(step.First, step.First));
            case IovaMapStepKind.FindOverlap:
                return Same(map.TryFindOverlap(step.First, last, out var overlap), overlap, model.FindOverlap(step.First, last));
            default:
                return Same(map.TryFindAfter(step.First, out var after), after, model.FindAfter(step.First));
        }
    }

    private static bool Same(bool found, IovaRange<int> entry, IovaRange<int>? expected)
        => found == expected.HasValue && (!found || entry == expected);

    private static bool SameContent(IovaMap<int> map, IovaMapModel model)
    {
        List<IovaRange<int>> entries = [];
        for (var more = map.TryFindOverlap(0, ulong.MaxValue, out var entry); more; more = map.TryFindAfter(entry.First, out entry))
        {
            entries.Add(entry);
        }

        return map.Count == entries.Count && entries.SequenceEqual(model.Entries);
    }

    private static Arbitrary<IovaMapStep[]> Operations()
    {
        var addresses = Gen.OneOf(
            Gen.Choose(0, 2_000).Select(address => (ulong)address),
            Gen.Choose(0, 40).Select(below => ulong.MaxValue - (ulong)below));
        var kinds = Gen.Frequency(
            (6, Gen.Constant(IovaMapStepKind.Add)),
            (1, Gen.Constant(IovaMapStepKind.Remove)),
            (2, Gen.Constant(IovaMapStepKind.RemoveNth)),
            (3, Gen.Constant(IovaMapStepKind.Split)),
            (1, Gen.Elements(IovaMapStepKind.Find, IovaMapStepKind.FindOverlap, IovaMapStepKind.FindAfter)));
        var step = from kind in kinds
                   from first in addresses
                   from extra in Gen.Choose(0, 6)
                   select new IovaMapStep(kind, first, (ulong)extra);
        return Arb.From(step.ArrayOf(), Shrink);
    }

    /// <summary>A failing sequence is tried again without each half, quarter, ... and single step.</summary>
    private static IEnumerable<IovaMapStep[]> Shrink(IovaMapStep[] steps)
    {
        for (var length = steps.Length / 2; length > 0; length /= 2)
        {
            for (var at = 0; at + length <= steps.Length; at += length)
            {
                yield return [.. steps[..at], .. steps[(at + length)..]];
            }
        }
    }
}
