namespace Viaduct.Supervisor.X86;

/// <summary>
/// MOVS, STOS, LODS, CMPS and SCAS with their REP prefixes. One call does at most
/// <see cref="InstructionEmulator.MaximumIterations"/> elements and stops earlier where the operands leave the device: the
/// processor itself then does the rest.
/// </summary>
internal static class StringOperations
{
    public static EmulationOutcome Execute(ref Trap trap)
    {
        StringShape shape = new(ref trap);
        if (shape.Repeats && RegisterFile.Read(ref trap.Registers, shape.Count) == 0)
        {
            return EmulationOutcome.Completed;
        }

        if (!TouchesDevice(ref trap, shape))
        {
            return EmulationOutcome.NotDevice;
        }

        StringBuffer buffer = new(trap.Scratch, shape);
        EmulationOutcome outcome = Repeat(ref trap, shape, ref buffer);

        // A device's error came after the elements that are still to be stored; their fault comes first.
        EmulationOutcome flushed = buffer.Flush(ref trap);
        if (flushed == EmulationOutcome.Completed)
        {
            return outcome;
        }

        trap.Unfinished = true;
        return flushed;
    }

    private static EmulationOutcome Repeat(ref Trap trap, in StringShape shape, ref StringBuffer buffer)
    {
        for (int i = 0; i < InstructionEmulator.MaximumIterations; i++)
        {
            if (i > 0 && !TouchesDevice(ref trap, shape))
            {
                break;
            }

            EmulationOutcome outcome = Element(ref trap, shape, ref buffer);
            if (outcome != EmulationOutcome.Completed)
            {
                return outcome;
            }

            shape.Advance(ref trap, 1);
            if (IsOver(ref trap, shape))
            {
                return EmulationOutcome.Completed;
            }
        }

        trap.Unfinished = true;
        return EmulationOutcome.Completed;
    }

    private static EmulationOutcome Element(ref Trap trap, in StringShape shape, ref StringBuffer buffer)
    {
        EmulationOutcome outcome;
        ulong value;
        switch (trap.Code.Operation)
        {
            case Operation.StringMove:
                outcome = buffer.Read(ref trap, shape.SourceAddress(ref trap), out value);
                return outcome == EmulationOutcome.Completed
                    ? buffer.Write(ref trap, shape.DestinationAddress(ref trap), value)
                    : outcome;
            case Operation.StringStore:
                return trap.Write(shape.DestinationAddress(ref trap), shape.Width, trap.Registers.Rax);
            case Operation.StringLoad:
                outcome = trap.Read(shape.SourceAddress(ref trap), shape.Width, out value);
                if (outcome == EmulationOutcome.Completed)
                {
                    trap.SetRegister(0, value);
                }

                return outcome;
            default:
                return CompareElement(ref trap, shape);
        }
    }

    private static EmulationOutcome CompareElement(ref Trap trap, in StringShape shape)
    {
        ulong left = Bits.Truncate(trap.Registers.Rax, shape.Width);
        EmulationOutcome outcome = EmulationOutcome.Completed;
        if (shape.UsesSource)
        {
            outcome = trap.Read(shape.SourceAddress(ref trap), shape.Width, out left);
        }

        ulong right = 0;
        if (outcome == EmulationOutcome.Completed)
        {
            outcome = trap.Read(shape.DestinationAddress(ref trap), shape.Width, out right);
        }

        if (outcome == EmulationOutcome.Completed)
        {
            IntegerAlu.Subtract(left, right, 0, shape.Width, ref trap.Registers.EFlags);
        }

        return outcome;
    }

    private static bool IsOver(ref Trap trap, in StringShape shape)
    {
        if (!shape.Repeats || RegisterFile.Read(ref trap.Registers, shape.Count) == 0)
        {
            return true;
        }

        return shape.Compares && trap.Flag(EFlags.Zero) == shape.RepeatsWhileUnequal;
    }

    private static bool TouchesDevice(ref Trap trap, in StringShape shape) =>
        (shape.UsesSource && trap.TouchesDevice(shape.SourceAddress(ref trap), shape.Width))
        || (shape.UsesDestination && trap.TouchesDevice(shape.DestinationAddress(ref trap), shape.Width));
}
