using FsCheck;
using FsCheck.Fluent;
using Viaduct.Iommu.Iommufd;

namespace Viaduct.Iommu.Tests;

/// <summary>Pages count once however often they are held.</summary>
public sealed class PageCoverageTests
{
    [Fact]
    public void What_is_held_twice_counts_once_and_until_the_last_lets_go()
    {
        var coverage = new PageCoverage();
        Assert.Equal(100ul, coverage.Add(0, 99));
        Assert.Equal(50ul, coverage.Add(50, 149));
        Assert.Equal(0ul, coverage.Add(10, 19));
        Assert.Equal(40ul, coverage.Remove(0, 99));
        Assert.Equal(10ul, coverage.Remove(10, 19));
        Assert.Equal(100ul, coverage.Remove(50, 149));
        Assert.Equal(10ul, coverage.Add(0, 9));
    }

    [Fact]
    public void A_part_may_go_first()
    {
        var coverage = new PageCoverage();
        Assert.Equal(100ul, coverage.Add(0, 99));
        Assert.Equal(10ul, coverage.Remove(20, 29));
        Assert.Equal(20ul, coverage.Remove(0, 19));
        Assert.Equal(70ul, coverage.Remove(30, 99));
    }

    /// <summary>Any ranges held and let go of agree with a count for each byte.</summary>
    [Fact]
    public void Ranges_agree_with_a_count_for_each_byte()
    {
        var range = from first in Gen.Choose(0, 60)
                    from length in Gen.Choose(1, 40)
                    from lets in Gen.Choose(0, 3)
                    select (First: first, Last: first + length - 1, Lets: lets > 1);
        Prop.ForAll(Arb.From(range.ArrayOf()), steps => Agree(steps)).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    private static bool Agree((int First, int Last, bool Lets)[] steps)
    {
        var coverage = new PageCoverage();
        var counts = new int[128];
        List<(int First, int Last)> held = [];
        foreach (var step in steps)
        {
            if (step.Lets && held.Count > 0)
            {
                var (first, last) = held[step.First % held.Count];
                held.RemoveAt(step.First % held.Count);
                if (coverage.Remove((ulong)first, (ulong)last) != Change(counts, first, last, -1))
                {
                    return false;
                }
            }
            else
            {
                held.Add((step.First, step.Last));
                if (coverage.Add((ulong)step.First, (ulong)step.Last) != Change(counts, step.First, step.Last, 1))
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Bytes that were at 0 and are not, or the other way round.
    private static ulong Change(int[] counts, int first, int last, int by)
    {
        var changed = 0ul;
        for (var i = first; i <= last; i++)
        {
            changed += counts[i] == 0 || counts[i] + by == 0 ? 1ul : 0;
            counts[i] += by;
        }

        return changed;
    }
}
