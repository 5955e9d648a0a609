using FsCheck;
using FsCheck.Fluent;
using Viaduct.Abi;

namespace Viaduct.Memory.Tests;

public sealed class LockedMemoryTests
{
    /// <summary>Threads that charge and give back: never beyond the limit, and in the end nothing is left.</summary>
    [Fact]
    public void ChargeAndPin_FromManyThreads_CountExactly()
    {
        const ulong Limit = 5;
        var locked = new LockedMemory { Enforced = true };
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                locked.Pin(3);
                if (!locked.Charge(2, Limit, capable: false).IsError)
                {
                    locked.Uncharge(2);
                }

                locked.Unpin(3);
            }
        })).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());

        Assert.Equal((0UL, 0UL), (locked.Pages, locked.PinnedPages));
        Assert.InRange(locked.Peak, 2UL, 4UL);
        Assert.True(locked.PeakBeyondLimit is 0 or 6);
    }

    [Fact]
    public void Charge_BelowAndAtLimit_Succeeds()
    {
        var locked = new LockedMemory { Enforced = true };

        Assert.Equal(SysResult.Success, locked.Charge(3, 4, capable: false));
        Assert.Equal(SysResult.Success, locked.Charge(1, 4, capable: false));
        Assert.Equal(4UL, locked.Pages);
        Assert.Equal(0UL, locked.PeakBeyondLimit);
    }

    [Fact]
    public void Charge_BeyondLimitEnforced_IsENOMEMAndCountsNothing()
    {
        var locked = new LockedMemory { Enforced = true };
        locked.Charge(4, 4, capable: false);

        Assert.Equal(Errno.ENOMEM, locked.Charge(1, 4, capable: false).Errno);
        Assert.Equal(4UL, locked.Pages);
        Assert.Equal(4UL, locked.Peak);
        Assert.Equal(5UL, locked.PeakBeyondLimit);
    }

    [Fact]
    public void Charge_BeyondLimitReported_SucceedsAndIsRemembered()
    {
        var locked = new LockedMemory();

        Assert.Equal(SysResult.Success, locked.Charge(6, 4, capable: false));
        locked.Uncharge(6);
        Assert.Equal(SysResult.Success, locked.Charge(5, 4, capable: false));

        Assert.Equal(5UL, locked.Pages);
        Assert.Equal(6UL, locked.Peak);
        Assert.Equal(6UL, locked.PeakBeyondLimit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Charge_Capable_NoLimitBinds(bool enforced)
    {
        var locked = new LockedMemory { Enforced = enforced };

        Assert.Equal(SysResult.Success, locked.Charge(100, 0, capable: true));
        Assert.Equal(100UL, locked.Pages);
        Assert.Equal(100UL, locked.Peak);
        Assert.Equal(0UL, locked.PeakBeyondLimit);
    }

    [Fact]
    public void Charge_NothingWhileBeyondLimit_Succeeds()
    {
        var locked = new LockedMemory { Enforced = true };
        locked.Charge(9, 0, capable: true);

        Assert.Equal(SysResult.Success, locked.Charge(0, 4, capable: false));
    }

    [Fact]
    public void Uncharge_MoreThanCharged_StopsAtZero()
    {
        var locked = new LockedMemory();
        locked.Charge(2, 8, capable: false);

        locked.Uncharge(3);

        Assert.Equal(0UL, locked.Pages);
        Assert.Equal(2UL, locked.Peak);
    }

    [Fact]
    public void Charge_ManyThreads_NeverPassesTheLimit()
    {
        var locked = new LockedMemory { Enforced = true };
        var granted = 0UL;
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                if (!locked.Charge(1, 1500, capable: false).IsError)
                {
                    Interlocked.Increment(ref granted);
                }
            }
        })).ToArray();

        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.Equal(1500UL, granted);
        Assert.Equal(1500UL, locked.Pages);
        Assert.Equal(1501UL, locked.PeakBeyondLimit);
    }

    /// <summary>Positive numbers charge, negative ones give back; the model is a plain counter.</summary>
    [Fact]
    public void ChargeAndUncharge_AnySequence_FollowTheModel()
        => Prop.ForAll<short[], bool, byte>(FollowsTheModel).QuickCheckThrowOnFailure();

    private static bool FollowsTheModel(short[] steps, bool enforced, byte limit)
    {
        var locked = new LockedMemory { Enforced = enforced };
        long pages = 0, peak = 0, beyond = 0;
        foreach (var step in steps)
        {
            if (step < 0)
            {
                locked.Uncharge((ulong)-step);
                pages = Math.Max(0, pages + step);
                continue;
            }

            var isBeyond = step > 0 && pages + step > limit;
            beyond = isBeyond ? Math.Max(beyond, pages + step) : beyond;
            var expected = isBeyond && enforced ? Errno.ENOMEM : Errno.None;
            pages += expected == Errno.None ? step : 0;
            peak = Math.Max(peak, pages);
            if (locked.Charge((ulong)step, limit, capable: false).Errno != expected)
            {
                return false;
            }
        }

        return (locked.Pages, locked.Peak, locked.PeakBeyondLimit) == ((ulong)pages, (ulong)peak, (ulong)beyond);
    }
}
