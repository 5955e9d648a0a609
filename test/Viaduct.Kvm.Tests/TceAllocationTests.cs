using Viaduct.Kvm.Tests.Infrastructure;

namespace Viaduct.Kvm.Tests;

public sealed class TceAllocationTests
{
    private const ulong List = 0x10000;

    [Fact]
    public void FastStage_AnyCall_AllocatesNothing()
    {
        using var rig = new PowerRig();
        rig.CreateAll();
        using var cpu = new TceHypercalls(rig.Vm);
        for (var i = 0UL; i < 16; i++)
        {
            rig.Poke(List + (i * 8), (i << 16) | 3);
        }

        Calls(cpu, PowerRig.Wide, PowerRig.Dynamic);
        Calls(cpu, PowerRig.Split, 0);
        Assert.Equal(0, Allocations.Least(() => Assert.True(Calls(cpu, PowerRig.Wide, PowerRig.Dynamic) && Calls(cpu, PowerRig.Split, 0))));
    }

    private static bool Calls(TceHypercalls cpu, uint liobn, ulong ioba)
        => cpu.Put(liobn, ioba, 0x100003) is { AnsweredBy: HypercallStage.Fast, ReturnCode: Hcall.H_SUCCESS }
            & cpu.Get(liobn, ioba) is { AnsweredBy: HypercallStage.Fast, Value: 0x100003 }
            & cpu.PutIndirect(liobn, ioba, List, 16) is { AnsweredBy: HypercallStage.Fast, ReturnCode: Hcall.H_SUCCESS }
            & cpu.Stuff(liobn, ioba, 0, 16) is { AnsweredBy: HypercallStage.Fast, ReturnCode: Hcall.H_SUCCESS }
            & cpu.Put(liobn, ioba + 8, 0) is { AnsweredBy: HypercallStage.Fast, ReturnCode: Hcall.H_PARAMETER };
}
