using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>Moves whose mask is a vector register's sign bits, and the opmask registers' own moves.</summary>
internal static class VectorMaskOperations
{
    /// <summary>VMASKMOVPS, VMASKMOVPD, VPMASKMOVD, VPMASKMOVQ from memory: disabled elements are cleared.</summary>
    public static EmulationOutcome Load(ref Trap trap, in XsaveArea area)
    {
        int width = trap.Width;
        Span<byte> data = stackalloc byte[XsaveArea.RegisterBytes];
        data.Clear();
        ulong mask = SignMask(ref trap, area, width, trap.Code.ElementWidth);
        EmulationOutcome outcome = VectorAccess.Read(ref trap, trap.Address, data[..width], mask);
        if (outcome == EmulationOutcome.Completed)
        {
            VectorOperations.SetVector(ref trap, area, data, width);
        }

        return outcome;
    }

    public static EmulationOutcome Store(ref Trap trap, in XsaveArea area)
    {
        int width = trap.Width;
        Span<byte> value = stackalloc byte[XsaveArea.RegisterBytes];
        VectorOperations.GetVector(ref trap, area, 2, value);
        ulong mask = SignMask(ref trap, area, width, trap.Code.ElementWidth);
        return VectorAccess.Write(ref trap, trap.Address, value[..width], mask);
    }

    /// <summary>MASKMOVDQU: the enabled bytes go to DS:RDI.</summary>
    public static EmulationOutcome StoreBytes(ref Trap trap, in XsaveArea area)
    {
        ref readonly Instruction instruction = ref trap.Code.Instruction;
        Register pointer = instruction.Op0Kind switch
        {
            OpKind.MemorySegRDI => Register.RDI,
            OpKind.MemorySegEDI => Register.EDI,
            _ => Register.DI,
        };
        ulong address = EffectiveAddress.Linear(
            ref trap.Registers,
            instruction.MemorySegment,
            RegisterFile.Read(ref trap.Registers, pointer),
            trap.Code.Code64);
        if (!trap.TouchesDevice(address, 16))
        {
            return EmulationOutcome.NotDevice;
        }

        Span<byte> value = stackalloc byte[XsaveArea.RegisterBytes];
        VectorOperations.GetVector(ref trap, area, 1, value);
        Span<byte> selector = stackalloc byte[XsaveArea.RegisterBytes];
        VectorOperations.GetVector(ref trap, area, 2, selector);
        return VectorAccess.Write(ref trap, address, value[..16], Signs(selector[..16], 1));
    }

    /// <summary>KMOVB, KMOVW, KMOVD, KMOVQ with memory.</summary>
    public static EmulationOutcome MoveOpmask(ref Trap trap, in XsaveArea area, bool stores)
    {
        ref readonly Instruction instruction = ref trap.Code.Instruction;
        if (stores)
        {
            return trap.Write(trap.Address, trap.Width, area.ReadOpmask(instruction.Op1Register - Register.K0));
        }

        EmulationOutcome outcome = trap.ReadMemoryOperand(out ulong value);
        if (outcome == EmulationOutcome.Completed)
        {
            area.WriteOpmask(instruction.Op0Register - Register.K0, value);
            trap.Vectors.MarkChanged();
        }

        return outcome;
    }

    /// <summary>The mask register is the second operand of the loads and of the stores.</summary>
    private static ulong SignMask(ref Trap trap, in XsaveArea area, int width, int element)
    {
        Span<byte> selector = stackalloc byte[XsaveArea.RegisterBytes];
        VectorOperations.GetVector(ref trap, area, 1, selector);
        return Signs(selector[..width], element);
    }

    private static ulong Signs(ReadOnlySpan<byte> selector, int element)
    {
        ulong bytes = 0;
        for (int i = 0; i < selector.Length; i += element)
        {
            if (selector[i + element - 1] >= 0x80)
            {
                bytes |= VectorAccess.All(element) << i;
            }
        }

        return bytes;
    }
}
