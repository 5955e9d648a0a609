using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>SSE, AVX and AVX-512 moves between a vector or opmask register and memory.</summary>
internal static class VectorOperations
{
    public static EmulationOutcome Execute(ref Trap trap)
    {
        XsaveArea area = new(trap.Vectors.GetImage(), XsaveLayout.Host);
        if (!HasRegisters(ref trap, area))
        {
            return EmulationOutcome.Unsupported;
        }

        bool stores = trap.Code.Instruction.Op0Kind == OpKind.Memory;
        return trap.Code.Operation switch
        {
            Operation.VectorLoad => stores ? Store(ref trap, area) : Load(ref trap, area),
            Operation.VectorInsert => stores ? Extract(ref trap, area) : Insert(ref trap, area),
            Operation.VectorExtract => Extract(ref trap, area),
            Operation.VectorBroadcast => Broadcast(ref trap, area),
            Operation.VectorMaskedLoad => stores
                ? VectorMaskOperations.Store(ref trap, area)
                : VectorMaskOperations.Load(ref trap, area),
            Operation.VectorByteMaskedStore => VectorMaskOperations.StoreBytes(ref trap, area),
            _ => VectorMaskOperations.MoveOpmask(ref trap, area, stores),
        };
    }

    /// <summary>Writes a register and zeroes the bits above <paramref name="width"/> where the encoding says so.</summary>
    public static void SetVector(ref Trap trap, in XsaveArea area, scoped Span<byte> value, int width)
    {
        if (trap.Code.ClearsUpper)
        {
            value[width..].Clear();
        }

        area.WriteVector(RegisterFile.VectorIndex(trap.Code.Instruction.Op0Register), value);
        trap.Vectors.MarkChanged();
    }

    /// <summary>Reads the register of an operand, all 64 bytes.</summary>
    public static void GetVector(ref Trap trap, in XsaveArea area, int operand, scoped Span<byte> value) =>
        area.ReadVector(RegisterFile.VectorIndex(trap.Code.Instruction.GetOpRegister(operand)), value);

    /// <summary>Bytes that an EVEX opmask enables in a memory operand; all of them without one.</summary>
    private static ulong ByteMask(ref Trap trap, in XsaveArea area, int width)
    {
        Register opmask = trap.Code.Instruction.OpMask;
        if (opmask == Register.None)
        {
            return VectorAccess.All(width);
        }

        int element = trap.Code.ElementWidth;
        ulong bits = area.ReadOpmask(opmask - Register.K0);
        ulong bytes = 0;
        for (int i = 0; i * element < width; i++)
        {
            if ((bits >> i & 1) != 0)
            {
                bytes |= VectorAccess.All(element) << (i * element);
            }
        }

        return bytes;
    }

    /// <summary>Whole and scalar loads: a scalar clears the rest of XMM.</summary>
    private static EmulationOutcome Load(ref Trap trap, in XsaveArea area)
    {
        int width = trap.Width;
        Span<byte> data = stackalloc byte[XsaveArea.RegisterBytes];
        data.Clear();
        ulong mask = ByteMask(ref trap, area, width);
        EmulationOutcome outcome = VectorAccess.Read(ref trap, trap.Address, data[..width], mask);
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        Span<byte> result = stackalloc byte[XsaveArea.RegisterBytes];
        GetVector(ref trap, area, 0, result);
        Merge(ref trap, result[..width], data, mask);
        int cleared = Math.Max(width, 16);
        result[width..cleared].Clear();
        SetVector(ref trap, area, result, cleared);
        return EmulationOutcome.Completed;
    }

    /// <summary>Disabled bytes keep their value, or are cleared with {z}.</summary>
    private static void Merge(ref Trap trap, scoped Span<byte> result, scoped ReadOnlySpan<byte> data, ulong mask)
    {
        bool zeroing = trap.Code.Instruction.ZeroingMasking;
        for (int i = 0; i < result.Length; i++)
        {
            if ((mask >> i & 1) != 0)
            {
                result[i] = data[i];
            }
            else if (zeroing)
            {
                result[i] = 0;
            }
        }
    }

    private static EmulationOutcome Store(ref Trap trap, in XsaveArea area)
    {
        Span<byte> value = stackalloc byte[XsaveArea.RegisterBytes];
        GetVector(ref trap, area, 1, value);
        return VectorAccess.Write(ref trap, trap.Address, value[..trap.Width], ByteMask(ref trap, area, trap.Width));
    }

    /// <summary>MOVLPS, MOVHPS, PINSR, VINSERTF128: one element of the register, the others from the first source.</summary>
    private static EmulationOutcome Insert(ref Trap trap, in XsaveArea area)
    {
        int width = trap.Width;
        int offset = ElementOffset(ref trap);
        Span<byte> data = stackalloc byte[16];
        EmulationOutcome outcome = VectorAccess.Read(ref trap, trap.Address, data[..width], VectorAccess.All(width));
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        Span<byte> result = stackalloc byte[XsaveArea.RegisterBytes];
        bool separateSource = trap.Code.Instruction.Op1Kind == OpKind.Register;
        GetVector(ref trap, area, separateSource ? 1 : 0, result);
        data[..width].CopyTo(result[offset..]);
        SetVector(ref trap, area, result, width == 16 ? 32 : 16);
        return EmulationOutcome.Completed;
    }

    private static EmulationOutcome Extract(ref Trap trap, in XsaveArea area)
    {
        Span<byte> value = stackalloc byte[XsaveArea.RegisterBytes];
        GetVector(ref trap, area, 1, value);
        ReadOnlySpan<byte> element = value.Slice(ElementOffset(ref trap), trap.Width);
        return VectorAccess.Write(ref trap, trap.Address, element, VectorAccess.All(trap.Width));
    }

    private static EmulationOutcome Broadcast(ref Trap trap, in XsaveArea area)
    {
        int source = trap.Width;
        int width = RegisterFile.VectorWidth(trap.Code.Instruction.Op0Register);
        ulong mask = ByteMask(ref trap, area, width);
        Span<byte> data = stackalloc byte[XsaveArea.RegisterBytes];

        // A mask without a bit reads nothing.
        EmulationOutcome outcome = mask == 0
            ? EmulationOutcome.Completed
            : VectorAccess.Read(ref trap, trap.Address, data[..source], VectorAccess.All(source));
        if (outcome != EmulationOutcome.Completed)
        {
            return outcome;
        }

        for (int i = source; i < width; i += source)
        {
            data[..source].CopyTo(data[i..]);
        }

        Span<byte> result = stackalloc byte[XsaveArea.RegisterBytes];
        GetVector(ref trap, area, 0, result);
        Merge(ref trap, result[..width], data, mask);
        SetVector(ref trap, area, result, width);
        return EmulationOutcome.Completed;
    }

    /// <summary>Byte offset of the element that the mnemonic or the immediate names.</summary>
    private static int ElementOffset(ref Trap trap)
    {
        ref readonly Instruction instruction = ref trap.Code.Instruction;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Movlps or Mnemonic.Movlpd or Mnemonic.Vmovlps or Mnemonic.Vmovlpd:
                return 0;
            case Mnemonic.Movhps or Mnemonic.Movhpd or Mnemonic.Vmovhps or Mnemonic.Vmovhpd:
                return 8;
            default:
                int elements = Math.Max(16, trap.Width * 2) / trap.Width; // VINSERTF128's register is YMM
                return (int)(instruction.GetImmediate(instruction.OpCount - 1) & (ulong)(elements - 1)) * trap.Width;
        }
    }

    private static bool HasRegisters(ref Trap trap, in XsaveArea area)
    {
        if (!area.IsValid)
        {
            return false;
        }

        ref readonly Instruction instruction = ref trap.Code.Instruction;
        bool opmasks = instruction.OpMask != Register.None || trap.Code.Operation == Operation.OpmaskMove;
        if (opmasks && !area.HasOpmasks)
        {
            return false;
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            Register register = instruction.GetOpKind(i) == OpKind.Register ? instruction.GetOpRegister(i) : Register.None;
            if (RegisterFile.IsVector(register)
                && !area.HasVector(RegisterFile.VectorIndex(register), RegisterFile.VectorWidth(register)))
            {
                return false;
            }
        }

        return true;
    }
}
