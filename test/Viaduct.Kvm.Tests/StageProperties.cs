using FsCheck;
using FsCheck.Fluent;
using Viaduct.Kvm.Tests.Infrastructure;

namespace Viaduct.Kvm.Tests;

/// <summary>Whoever answers a hypercall, the answer and the tables are the same.</summary>
public sealed class StageProperties
{
    private static readonly Arbitrary<uint[]> s_calls = Gen.Choose(0, int.MaxValue).Select(number => (uint)number).ArrayOf(80).ToArbitrary();

    /// <summary>With one group behind each table most calls go by what the one before has found.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void FastAndSlow_AnyCalls_Agree(int groups)
        => Prop.ForAll(s_calls, calls =>
        {
            using var fast = new TceWorld(groups: groups);
            using var slow = new TceWorld(hasFastStage: false, groups: groups);
            foreach (var call in calls)
            {
                HypercallResult one = fast.Any(call), other = slow.Any(call);
                if (one.ReturnCode != other.ReturnCode || one.Value != other.Value)
                {
                    return false.Label($"{call}: {one}, {other}");
                }
            }

            return (fast.State() == slow.State()).Label("tables");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void KernelAndVmm_GoodCalls_Agree()
        => Prop.ForAll(s_calls, calls =>
        {
            using var kernel = new TceWorld();
            using var vmm = new TceWorld(hasVmm: true, isEnabled: false);
            foreach (var call in calls)
            {
                HypercallResult one = kernel.Good(call), other = vmm.Good(call);
                if (one.AnsweredBy == HypercallStage.Vmm || other.AnsweredBy != HypercallStage.Vmm
                    || one.ReturnCode != other.ReturnCode || one.Value != other.Value)
                {
                    return false.Label($"{call}: {one}, {other}");
                }
            }

            return (kernel.State() == vmm.State()).Label("tables");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void AnyCalls_MeetEveryAnswer()
    {
        // What the properties above compare is not one answer all the time.
        using var world = new TceWorld(hasVmm: true);
        var seen = new HashSet<(HypercallStage, bool)>();
        for (var call = 1u; call < 2000; call++)
        {
            var result = world.Any(call * 2654435761);
            seen.Add((result.AnsweredBy, result.ReturnCode == Hcall.H_SUCCESS));
        }

        Assert.Superset(
            new HashSet<(HypercallStage, bool)>
            {
                (HypercallStage.Fast, true), (HypercallStage.Fast, false), (HypercallStage.Slow, true),
                (HypercallStage.Vmm, true), (HypercallStage.Vmm, false),
            },
            seen);
    }
}
