using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>The conditions of CMOVcc and SETcc.</summary>
internal static class Condition
{
    public static bool Holds(ref Trap trap)
    {
        bool carry = trap.Flag(EFlags.Carry);
        bool zero = trap.Flag(EFlags.Zero);
        bool less = trap.Flag(EFlags.Sign) != trap.Flag(EFlags.Overflow);
        return trap.Code.Instruction.ConditionCode switch
        {
            ConditionCode.o => trap.Flag(EFlags.Overflow),
            ConditionCode.no => !trap.Flag(EFlags.Overflow),
            ConditionCode.b => carry,
            ConditionCode.ae => !carry,
            ConditionCode.e => zero,
            ConditionCode.ne => !zero,
            ConditionCode.be => carry || zero,
            ConditionCode.a => !carry && !zero,
            ConditionCode.s => trap.Flag(EFlags.Sign),
            ConditionCode.ns => !trap.Flag(EFlags.Sign),
            ConditionCode.p => trap.Flag(EFlags.Parity),
            ConditionCode.np => !trap.Flag(EFlags.Parity),
            ConditionCode.l => less,
            ConditionCode.ge => !less,
            ConditionCode.le => zero || less,
            _ => !zero && !less,
        };
    }
}
