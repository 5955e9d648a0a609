using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>Sorts a decoded instruction into its <see cref="Operation"/>.</summary>
internal static class OperationTable
{
    public static void Classify(ref DecodedInstruction entry)
    {
        Instruction instruction = entry.Instruction;
        MemorySize size = instruction.MemorySize;
        entry.Operation = entry.Valid && OperandsAreKnown(instruction) ? OperationOf(instruction) : Operation.Unsupported;
        entry.MemoryWidth = (byte)Math.Min(size.GetSize(), byte.MaxValue);
        entry.ElementWidth = (byte)Math.Min(size.GetElementSize(), byte.MaxValue);
        entry.ClearsUpper = instruction.Encoding is EncodingKind.VEX or EncodingKind.EVEX;
        entry.Aligned = IsAligned(instruction.Mnemonic);
        entry.SingleOperand = HasSingleOperand(instruction, entry.Operation);
    }

    private static bool HasSingleOperand(in Instruction instruction, Operation operation) => operation switch
    {
        Operation.Unsupported or Operation.NoAccess or Operation.Push or Operation.Pop => false,
        >= Operation.StringMove and <= Operation.StringScan => false,
        Operation.VectorByteMaskedStore => false,

        // a register's bit offset moves the access away from the operand
        Operation.BitTest => instruction.Op1Kind == OpKind.Immediate8,
        _ => true,
    };

    private static bool OperandsAreKnown(in Instruction instruction)
    {
        if (instruction.IsVsib)
        {
            return false;
        }

        bool memory = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            if (kind == OpKind.Register)
            {
                Register register = instruction.GetOpRegister(i);
                bool stored = i > 0 && register is >= Register.ES and <= Register.GS;
                if (!stored && !RegisterFile.IsGeneral(register) && !RegisterFile.IsVector(register)
                    && !RegisterFile.IsOpmask(register) && register != Register.ST0)
                {
                    return false;
                }
            }
            else
            {
                memory |= kind is OpKind.Memory or (>= OpKind.MemorySegSI and <= OpKind.MemoryESRDI);
            }
        }

        return memory || instruction.Mnemonic is Mnemonic.Push or Mnemonic.Pop;
    }

    private static Operation OperationOf(in Instruction instruction)
    {
        if (instruction.IsStringInstruction)
        {
            return StringOperationOf(instruction.Mnemonic);
        }

        Operation operation = IntegerOperationOf(instruction);
        return operation != Operation.Unsupported ? operation : OtherOperationOf(instruction.Mnemonic);
    }

    private static Operation StringOperationOf(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq => Operation.StringMove,
        Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq => Operation.StringStore,
        Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd or Mnemonic.Lodsq => Operation.StringLoad,
        Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq => Operation.StringCompare,
        Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq => Operation.StringScan,
        _ => Operation.Unsupported, // INS and OUTS: ports are privileged
    };

    private static Operation IntegerOperationOf(in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Mov or Mnemonic.Movnti or Mnemonic.Movzx => Operation.Move,
        Mnemonic.Movsx or Mnemonic.Movsxd => Operation.MoveSignExtended,
        Mnemonic.Movbe => Operation.MoveByteSwapped,
        Mnemonic.Xlatb => Operation.Translate,
        Mnemonic.Xchg => Operation.Exchange,
        Mnemonic.Add or Mnemonic.Adc or Mnemonic.Sub or Mnemonic.Sbb => Operation.Arithmetic,
        Mnemonic.And or Mnemonic.Or or Mnemonic.Xor => Operation.Arithmetic,
        Mnemonic.Cmp or Mnemonic.Test => Operation.Compare,
        Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Not or Mnemonic.Neg => Operation.Unary,
        Mnemonic.Cmpxchg => Operation.CompareExchange,
        Mnemonic.Cmpxchg8b or Mnemonic.Cmpxchg16b => Operation.CompareExchangePair,
        Mnemonic.Xadd => Operation.ExchangeAdd,
        Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc => Operation.BitTest,
        Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar => Operation.Shift,
        Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr => Operation.Shift,
        Mnemonic.Shld or Mnemonic.Shrd => instruction.OpCount == 3 ? Operation.DoubleShift : Operation.Unsupported,
        Mnemonic.Shlx or Mnemonic.Shrx or Mnemonic.Sarx or Mnemonic.Rorx => Operation.ShiftFlagless,
        Mnemonic.Imul => instruction.OpCount == 1 ? Operation.MultiplyWide : Operation.Multiply,
        Mnemonic.Mul => Operation.MultiplyWide,
        Mnemonic.Mulx => Operation.MultiplyFlagless,
        Mnemonic.Div or Mnemonic.Idiv => Operation.Divide,
        Mnemonic.Push => Operation.Push,
        Mnemonic.Pop => Operation.Pop,
        Mnemonic.Crc32 => Operation.Crc32,
        Mnemonic.Popcnt or Mnemonic.Lzcnt or Mnemonic.Tzcnt => Operation.BitCount,
        Mnemonic.Bsf or Mnemonic.Bsr => Operation.BitScan,
        Mnemonic.Andn or Mnemonic.Bextr or Mnemonic.Bzhi => Operation.BitManipulation,
        Mnemonic.Blsi or Mnemonic.Blsr or Mnemonic.Blsmsk => Operation.BitManipulation,
        Mnemonic.Adcx or Mnemonic.Adox => Operation.CarryChain,
        >= Mnemonic.Cmova and <= Mnemonic.Cmovs when instruction.ConditionCode != ConditionCode.None
            => Operation.ConditionalMove,
        >= Mnemonic.Seta and <= Mnemonic.Sets when instruction.ConditionCode != ConditionCode.None
            => Operation.SetCondition,
        _ => Operation.Unsupported,
    };

    private static Operation OtherOperationOf(Mnemonic mnemonic)
    {
        return mnemonic switch
        {
            Mnemonic.Nop or Mnemonic.Cldemote => Operation.NoAccess,
            Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1 or Mnemonic.Prefetcht2 => Operation.NoAccess,
            Mnemonic.Prefetchnta or Mnemonic.Prefetchw or Mnemonic.Prefetch => Operation.NoAccess,
            Mnemonic.Prefetchwt1 or Mnemonic.Prefetchit0 or Mnemonic.Prefetchit1 => Operation.NoAccess,
            Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb => Operation.NoAccess,
            Mnemonic.Fild => Operation.X87LoadInteger,
            Mnemonic.Fistp or Mnemonic.Fist => Operation.X87StoreInteger,
            Mnemonic.Kmovb or Mnemonic.Kmovw or Mnemonic.Kmovd or Mnemonic.Kmovq => Operation.OpmaskMove,
            Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu => Operation.VectorByteMaskedStore,
            _ => VectorOperationTable.OperationOf(mnemonic),
        };
    }

    private static bool IsAligned(Mnemonic mnemonic) => mnemonic is
        Mnemonic.Movaps or Mnemonic.Movapd or Mnemonic.Movdqa or Mnemonic.Movntdqa
        or Mnemonic.Movntps or Mnemonic.Movntpd or Mnemonic.Movntdq
        or Mnemonic.Vmovaps or Mnemonic.Vmovapd or Mnemonic.Vmovdqa or Mnemonic.Vmovntdqa
        or Mnemonic.Vmovntps or Mnemonic.Vmovntpd or Mnemonic.Vmovntdq
        or Mnemonic.Vmovdqa32 or Mnemonic.Vmovdqa64 or Mnemonic.Cmpxchg16b;
}
