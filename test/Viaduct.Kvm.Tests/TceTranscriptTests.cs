using Viaduct.Kvm.Tests.Infrastructure;

namespace Viaduct.Kvm.Tests;

/// <summary>What Linux 7.3 answered to these calls on POWER, one after the other.</summary>
public sealed class TceTranscriptTests : IDisposable
{
    private const ulong D = PowerRig.Dynamic;
    private const ulong End = D + (PowerRig.DynamicPages << 16);
    private const ulong List = 0x20000;
    private const ulong Ram = 0x100000;
    private const ulong Unregistered = PowerRig.Registered + 0x100000;
    private const ulong Outside = 0x40000000;

    private readonly PowerRig _rig = new();
    private readonly TceHypercalls _cpu;

    public TceTranscriptTests()
    {
        _rig.CreateAll();
        _cpu = new TceHypercalls(_rig.Vm);
        for (var i = 0UL; i < 4; i++)
        {
            _rig.Poke(List + (i * 8), (Ram + (i * 0x10000)) | 3);
        }
    }

    public void Dispose()
    {
        _cpu.Dispose();
        _rig.Dispose();
    }

    [Theory]
    [InlineData(D, Ram | 3, Hcall.H_SUCCESS)]
    [InlineData(D + 0x1000, Ram | 3, Hcall.H_PARAMETER)]
    [InlineData(End, Ram | 3, Hcall.H_PARAMETER)]
    [InlineData(End - 0x10000, Ram | 3, Hcall.H_SUCCESS)]
    [InlineData(0x10000, Ram | 3, Hcall.H_PARAMETER)]
    [InlineData(D, Ram | 0x1003, Hcall.H_TOO_HARD)]
    [InlineData(D, Ram | 7, Hcall.H_TOO_HARD)]
    [InlineData(D, Outside | 3, Hcall.H_TOO_HARD)]
    [InlineData(D, Unregistered | 3, Hcall.H_TOO_HARD)]
    [InlineData(D, 0xdead0000, Hcall.H_SUCCESS)]
    [InlineData(D, Ram | 4, Hcall.H_SUCCESS)]
    [InlineData(D, ~3UL, Hcall.H_SUCCESS)]
    public void PutTce_OneEntry_AnswersAsTheKernel(ulong ioba, ulong tce, long expected)
    {
        Assert.Equal(expected, _cpu.Put(PowerRig.Wide, ioba, tce).ReturnCode);
        var stored = expected == Hcall.H_SUCCESS ? tce : 0;
        if (expected != Hcall.H_PARAMETER)
        {
            Assert.Equal((Hcall.H_SUCCESS, stored), (_cpu.Get(PowerRig.Wide, ioba).ReturnCode, _cpu.Get(PowerRig.Wide, ioba).Value));
            var entry = (stored & 3) == 0 ? 0 : (_rig.Caller.Base + (stored & ~3UL)) | (stored & 3);
            Assert.Equal(entry, _rig.WindowOf(0, 1).Get((ioba - D) >> 16));
        }
    }

    [Theory]
    [InlineData(PowerRig.Wide | 1UL << 32)]
    [InlineData(0x80000099)]
    public void AnyCall_UnknownLiobn_IsTooHard(ulong liobn)
    {
        Assert.Equal(Hcall.H_TOO_HARD, _cpu.Put(liobn, D, Ram | 3).ReturnCode);
        Assert.Equal(Hcall.H_TOO_HARD, _cpu.Get(liobn, D).ReturnCode);
        Assert.Equal(Hcall.H_TOO_HARD, _cpu.Stuff(liobn, D + 1, 3, 1).ReturnCode);
        Assert.Equal(Hcall.H_TOO_HARD, _cpu.PutIndirect(liobn, D + 1, List + 1, 1).ReturnCode);
    }

    [Theory]
    [InlineData(D, List, 4, Hcall.H_SUCCESS)]
    [InlineData(D, List, 0, Hcall.H_SUCCESS)]
    [InlineData(D, List, 513, Hcall.H_PARAMETER)]
    [InlineData(D, List, ~0UL, Hcall.H_PARAMETER)]
    [InlineData(D, List + 8, 1, Hcall.H_PARAMETER)]
    [InlineData(D + 0x800, List, 1, Hcall.H_PARAMETER)]
    [InlineData(End - 0x10000, List, 2, Hcall.H_PARAMETER)]
    [InlineData(End, List, 0, Hcall.H_SUCCESS)]
    [InlineData(End + 0x10000, List, 0, Hcall.H_PARAMETER)]
    [InlineData(D, Outside, 1, Hcall.H_TOO_HARD)]
    [InlineData(D, Outside, 0, Hcall.H_TOO_HARD)]
    public void PutIndirect_Arguments_AreCheckedAsTheKernelDoes(ulong ioba, ulong list, ulong count, long expected)
        => Assert.Equal(expected, _cpu.PutIndirect(PowerRig.Wide, ioba, list, count).ReturnCode);

    [Theory]
    [InlineData(new[] { Ram | 3, Outside | 3 }, Hcall.H_TOO_HARD, 0)]
    [InlineData(new[] { Ram | 1, Outside, Ram | 2 }, Hcall.H_PARAMETER, 1)]
    [InlineData(new[] { Ram | 3, Unregistered | 3 }, Hcall.H_TOO_HARD, 0)]
    [InlineData(new[] { Ram | 3, Unregistered }, Hcall.H_TOO_HARD, 1)]
    [InlineData(new[] { Ram | 3, Ram }, Hcall.H_SUCCESS, 2)]
    [InlineData(new[] { Ram | 0x1000, Ram | 3 }, Hcall.H_SUCCESS, 2)]
    public void PutIndirect_BadEntry_LeavesWhatCameBefore(ulong[] list, long expected, int done)
    {
        for (var i = 0; i < list.Length; i++)
        {
            _rig.Poke(List + ((ulong)i * 8), list[i]);
        }

        Assert.Equal(expected, _cpu.PutIndirect(PowerRig.Wide, D, List, (ulong)list.Length).ReturnCode);
        for (var i = 0; i < list.Length; i++)
        {
            var stored = i < done ? list[i] : 0;
            Assert.Equal(stored, _cpu.Get(PowerRig.Wide, D + ((ulong)i << 16)).Value);
            Assert.Equal((stored & 3) == 0 ? 0 : _rig.Caller.Base + stored, _rig.WindowOf(0, 1).Get((ulong)i));
        }
    }

    [Theory]
    [InlineData(D, 0, 4, Hcall.H_SUCCESS)]
    [InlineData(D, Ram | 3, 1, Hcall.H_PARAMETER)]
    [InlineData(D, 3, 0, Hcall.H_PARAMETER)]
    [InlineData(D, 0xdead0000, 2, Hcall.H_SUCCESS)]
    [InlineData(D, 0, PowerRig.DynamicPages, Hcall.H_SUCCESS)]
    [InlineData(D, 0, PowerRig.DynamicPages + 1, Hcall.H_PARAMETER)]
    [InlineData(D, 0, ~0UL, Hcall.H_PARAMETER)]
    [InlineData(D, 0, unchecked(0UL - (D >> 16)), Hcall.H_PARAMETER)]
    [InlineData(D + 4, 0, 1, Hcall.H_PARAMETER)]
    [InlineData(End, 0, 0, Hcall.H_SUCCESS)]
    [InlineData(End + 0x10000, 0, 0, Hcall.H_PARAMETER)]
    public void Stuff_Arguments_AreCheckedAsTheKernelDoes(ulong ioba, ulong value, ulong count, long expected)
    {
        Assert.Equal(Hcall.H_SUCCESS, _cpu.PutIndirect(PowerRig.Wide, D, List, 4).ReturnCode);
        Assert.Equal(expected, _cpu.Stuff(PowerRig.Wide, ioba, value, count).ReturnCode);
        for (var i = 0UL; i < 4; i++)
        {
            var isGone = expected == Hcall.H_SUCCESS && i < count && ioba == D;
            Assert.Equal(isGone ? value : (Ram + (i * 0x10000)) | 3, _cpu.Get(PowerRig.Wide, D + (i << 16)).Value);
            Assert.Equal(isGone, _rig.WindowOf(0, 1).Get(i) == 0);
        }
    }

    [Fact]
    public void Emulated_Memory_NeedNotBeRegistered()
    {
        Assert.Equal(Hcall.H_SUCCESS, _cpu.Put(PowerRig.Emulated, 0x1000, (Ram + 0x1000) | 3).ReturnCode);
        Assert.Equal(Hcall.H_SUCCESS, _cpu.Put(PowerRig.Emulated, 0x2000, Unregistered | 3).ReturnCode);
        Assert.Equal(Hcall.H_TOO_HARD, _cpu.Put(PowerRig.Emulated, 0x3000, Outside | 3).ReturnCode);
        Assert.Equal(Hcall.H_TOO_HARD, _cpu.Put(PowerRig.Emulated, 0x3000, Ram | 0x803).ReturnCode);
        Assert.Equal(Hcall.H_SUCCESS, _cpu.Put(PowerRig.Emulated, 0x1ff000, Ram | 3).ReturnCode);
        Assert.Equal(Hcall.H_PARAMETER, _cpu.Put(PowerRig.Emulated, 0x200000, Ram | 3).ReturnCode);
    }

    [Fact]
    public void Split_OneGuestPage_IsSixteenEntries()
    {
        Assert.Equal(Hcall.H_SUCCESS, _cpu.Put(PowerRig.Split, 0x20000, (Ram + 0x20000) | 3).ReturnCode);
        for (var i = 0UL; i < 16; i++)
        {
            Assert.Equal((_rig.Caller.Base + Ram + 0x20000 + (i << 12)) | 3, _rig.WindowOf(0, 0).Get(0x20 + i));
        }

        // Another table of the same window does not know.
        Assert.Equal(0UL, _cpu.Get(PowerRig.Narrow, 0x20000).Value);
        Assert.Equal(Hcall.H_SUCCESS, _cpu.Put(PowerRig.Narrow, 0x21000, 0).ReturnCode);
        Assert.Equal(0UL, _rig.WindowOf(0, 0).Get(0x21));
        Assert.Equal((Ram + 0x20000) | 3, _cpu.Get(PowerRig.Split, 0x20000).Value);

        Assert.Equal(Hcall.H_SUCCESS, _cpu.Put(PowerRig.Split, 0x20000, 0).ReturnCode);
        Assert.Empty(_rig.WindowOf(0, 0).Entries());
    }

    [Fact]
    public void Hcalls_AtStart_OnlyPutAndGetAreOn()
    {
        using var rig = new PowerRig();
        rig.Create(PowerRig.Emulated, 12, 0, 512);
        using var cpu = new TceHypercalls(rig.Vm);
        Assert.Equal(Hcall.H_SUCCESS, cpu.Put(PowerRig.Emulated, 0, 0).ReturnCode);
        Assert.Equal(Hcall.H_SUCCESS, cpu.Get(PowerRig.Emulated, 0).ReturnCode);
        Assert.Equal(Hcall.H_TOO_HARD, cpu.Stuff(PowerRig.Emulated, 0, 0, 1).ReturnCode);
        Assert.Equal(Hcall.H_TOO_HARD, cpu.PutIndirect(PowerRig.Emulated, 0, List, 1).ReturnCode);
        Assert.Equal(Hcall.H_TOO_HARD, cpu.Call(0x1fff0, 1, 2, 3, 4).ReturnCode);
    }
}
