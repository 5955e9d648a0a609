using System.Buffers.Binary;
using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>Moves between general registers and memory, exchanges and the stack.</summary>
internal static class MoveOperations
{
    /// <summary>MOV, MOVNTI, MOVZX.</summary>
    public static EmulationOutcome Move(ref Trap trap)
    {
        if (trap.Code.Instruction.Op0Kind == OpKind.Memory)
        {
            // registers and immediates cannot fail
            trap.ReadOperand(1, trap.Width, out ulong stored);
            return trap.Write(trap.Address, trap.Width, stored);
        }

        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome == EmulationOutcome.Completed)
        {
            trap.SetRegister(0, value);
        }

        return outcome;
    }

    public static EmulationOutcome MoveSignExtended(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome == EmulationOutcome.Completed)
        {
            trap.SetRegister(0, Bits.SignExtend(value, trap.Width));
        }

        return outcome;
    }

    public static EmulationOutcome MoveByteSwapped(ref Trap trap)
    {
        EmulationOutcome outcome = trap.ReadOperand(1, trap.Width, out ulong value);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        ulong swapped = BinaryPrimitives.ReverseEndianness(value) >> (64 - (trap.Width * 8));
        return trap.WriteOperand(0, trap.Width, swapped);
    }

    /// <summary>XLAT: AL indexes the table at RBX.</summary>
    public static EmulationOutcome Translate(ref Trap trap)
    {
        EmulationOutcome outcome = trap.Read(trap.Address, 1, out ulong value);
        if (outcome == EmulationOutcome.Completed)
        {
            RegisterFile.Write(ref trap.Registers, Register.AL, value);
        }

        return outcome;
    }

    public static EmulationOutcome Exchange(ref Trap trap)
    {
        int register = trap.Code.Instruction.Op0Kind == OpKind.Memory ? 1 : 0;
        ulong stored = trap.Register(register);
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong loaded);
        if (outcome == EmulationOutcome.Completed)
        {
            outcome = trap.Write(trap.Address, trap.Width, stored);
        }

        if (outcome == EmulationOutcome.Completed)
        {
            trap.SetRegister(register, loaded);
        }

        return outcome;
    }

    public static EmulationOutcome ConditionalMove(ref Trap trap)
    {
        // The read happens whatever the condition, and a 32-bit move clears the upper half even when it does not move.
        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome == EmulationOutcome.Completed)
        {
            trap.SetRegister(0, Condition.Holds(ref trap) ? value : trap.Register(0));
        }

        return outcome;
    }

    public static EmulationOutcome SetCondition(ref Trap trap) =>
        trap.Write(trap.Address, 1, Condition.Holds(ref trap) ? 1ul : 0ul);

    /// <summary>PUSH of a register, an immediate or memory: the operand, the stack or both are the device's.</summary>
    public static EmulationOutcome Push(ref Trap trap)
    {
        int width = -trap.Code.Instruction.StackPointerIncrement;
        ulong top = StackMask(ref trap) & (trap.Registers.Rsp - (ulong)width);
        bool memory = trap.Code.Instruction.Op0Kind == OpKind.Memory;
        if (!(memory && trap.TouchesDevice(trap.Address, width)) && !trap.TouchesDevice(top, width))
        {
            return EmulationOutcome.NotDevice;
        }

        EmulationOutcome outcome = trap.ReadOperand(0, width, out ulong value);
        if (outcome == EmulationOutcome.Completed)
        {
            outcome = trap.Write(top, width, value);
        }

        if (outcome == EmulationOutcome.Completed)
        {
            trap.Registers.Rsp = top;
        }

        return outcome;
    }

    /// <summary>POP; an address that uses RSP sees it already incremented.</summary>
    public static EmulationOutcome Pop(ref Trap trap)
    {
        int width = trap.Code.Instruction.StackPointerIncrement;
        ulong oldTop = trap.Registers.Rsp;
        ulong newTop = StackMask(ref trap) & (oldTop + (ulong)width);
        trap.Registers.Rsp = newTop;
        EmulationOutcome outcome = PopTo(ref trap, oldTop, width);
        if (outcome != EmulationOutcome.Completed)
        {
            trap.Registers.Rsp = oldTop;
        }

        return outcome;
    }

    private static EmulationOutcome PopTo(ref Trap trap, ulong top, int width)
    {
        bool memory = trap.Code.Instruction.Op0Kind == OpKind.Memory;
        if (memory)
        {
            trap.Address = EffectiveAddress.Compute(ref trap.Registers, trap.Code.Instruction, trap.Code.Code64);
        }

        if (!(memory && trap.TouchesDevice(trap.Address, width)) && !trap.TouchesDevice(top, width))
        {
            return EmulationOutcome.NotDevice;
        }

        EmulationOutcome outcome = trap.Read(top, width, out ulong value);
        return outcome == EmulationOutcome.Completed ? trap.WriteOperand(0, width, value) : outcome;
    }

    private static ulong StackMask(ref Trap trap) => trap.Code.Code64 ? ulong.MaxValue : uint.MaxValue;
}
