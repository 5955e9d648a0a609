using Iced.Intel;
using Viaduct.Linux;

namespace Viaduct.Supervisor.Tests.X86;

/// <summary>
/// Makes random instructions of a given opcode with a memory operand inside the test data, from what Iced's tables say about
/// the opcode's operands.
/// </summary>
internal sealed class InstructionGenerator(Random random, ulong instructionAddress, ulong data)
{
    /// <summary>The device is the first page; string instructions may have their other operand in the memory behind it.</summary>
    public const int DeviceBytes = 0x1000;

    private const ulong Stack = 0x8000;
    private const int Direction = 0x400;
    private const ulong UserData = 0x2b; // __USER_DS, of which only SS holds it in a 64-bit program

    private UserRegisters _registers;
    private Instruction _instruction;
    private ulong _target;

    /// <summary>A random case, or null where the opcode has no form for 64-bit code with a plain memory operand.</summary>
    public TestCase? TryMake(Code code)
    {
        OpCodeInfo opcode = code.ToOpCode();
        if (!opcode.IsInstruction || !opcode.Mode64)
        {
            return null;
        }

        RandomizeRegisters();
        _instruction = default;
        _instruction.Code = code;
        bool memory = false;
        for (int i = 0; i < opcode.OpCount; i++)
        {
            OpCodeOperandKind kind = opcode.GetOpKind(i);
            if (SetString(i, kind) || SetMemory(i, kind))
            {
                memory = true;
            }
            else if (!SetRegister(i, kind) && !SetImmediate(i, kind))
            {
                return null;
            }
        }

        if (!memory && code.Mnemonic() is not (Mnemonic.Push or Mnemonic.Pop))
        {
            return null;
        }

        SetPrefixes(opcode);
        Constrain(code.Mnemonic());
        return Encode();
    }

    private TestCase? Encode()
    {
        using MemoryStream stream = new();
        Encoder encoder = Encoder.Create(64, new StreamCodeWriter(stream));
        return encoder.TryEncode(_instruction, instructionAddress, out _, out _)
            ? new TestCase(_instruction, stream.ToArray(), _registers, _target)
            : null;
    }

    private void RandomizeRegisters()
    {
        const int StatusFlags = 0x8d5;
        _registers = new UserRegisters { Cs = TestRegisters.UserCode64, Rip = instructionAddress, Ss = UserData };
        for (int i = 0; i < 16; i++)
        {
            TestRegisters.Full(ref _registers, i) = RandomValue();
        }

        _registers.Rsp = data + Stack + (ulong)random.Next(0x100);
        _registers.EFlags = 0x202ul | (ulong)(random.Next() & StatusFlags);
        _target = data + (ulong)random.Next(64, DeviceBytes - 128);
        if (random.Next(2) == 0)
        {
            _target &= ~63ul;
        }
    }

    /// <summary>Small and extreme numbers as often as any, for the flags' sake.</summary>
    private ulong RandomValue() => random.Next(4) switch
    {
        0 => (ulong)random.Next(-3, 4),
        1 => (1ul << random.Next(64)) - (ulong)random.Next(2),
        _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
    };

    private bool SetString(int operand, OpCodeOperandKind kind)
    {
        int width = random.Next(4) == 0 ? 1 : 2;
        switch (kind)
        {
            case OpCodeOperandKind.seg_rSI:
                bool sameAsFirst = operand == 1 && _instruction.Op0Kind is OpKind.MemoryESEDI or OpKind.MemoryESRDI;
                width = sameAsFirst ? _instruction.Op0Kind - OpKind.MemoryESDI : width;
                _instruction.SetOpKind(operand, OpKind.MemorySegSI + width);
                SetPointers();
                return true;
            case OpCodeOperandKind.es_rDI:
                bool narrow = operand == 1 && _instruction.Op0Kind != OpKind.Register
                    ? _instruction.Op0Kind == OpKind.MemorySegESI
                    : width == 1;
                _instruction.SetOpKind(operand, narrow ? OpKind.MemoryESEDI : OpKind.MemoryESRDI);
                SetPointers();
                return true;
            case OpCodeOperandKind.seg_rDI:
                _instruction.SetOpKind(operand, OpKind.MemorySegRDI);
                _registers.Rdi = _target;
                return true;
            case OpCodeOperandKind.seg_rBX_al:
                SetTable(operand);
                return true;
            default:
                return false;
        }
    }

    /// <summary>At least one of RSI and RDI is in the device; both far enough from its ends for 50 elements.</summary>
    private void SetPointers()
    {
        ulong device = data + (ulong)random.Next(0x200, 0x600);
        ulong other = random.Next(3) == 0 ? data + (ulong)random.Next(0xa00, 0xe00) : data + (ulong)random.Next(0x2000, 0x4000);
        bool single = _instruction.Code.ToOpCode().OpCount == 2
            && _instruction.Mnemonic is not (Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq
                or Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq);
        bool sourceIsDevice = random.Next(2) == 0;
        _registers.Rsi = sourceIsDevice || single ? device : other;
        _registers.Rdi = sourceIsDevice && !single ? other : device;
        _registers.Rcx = (ulong)random.Next(1, 50);
        _registers.EFlags ^= (ulong)(random.Next(2) * Direction);
        _target = device;
    }

    private void SetTable(int operand)
    {
        _instruction.SetOpKind(operand, OpKind.Memory);
        _instruction.MemoryBase = Register.RBX;
        _instruction.MemoryIndex = Register.AL;
        _registers.Rbx = _target - (byte)_registers.Rax;
    }

    private bool SetMemory(int operand, OpCodeOperandKind kind)
    {
        switch (kind)
        {
            case OpCodeOperandKind.mem or OpCodeOperandKind.mem_mib or OpCodeOperandKind.k_or_mem:
            case OpCodeOperandKind.r8_or_mem or OpCodeOperandKind.r16_or_mem:
            case OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem:
            case OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.ymm_or_mem or OpCodeOperandKind.zmm_or_mem:
                _instruction.SetOpKind(operand, OpKind.Memory);
                SetAddress();
                return true;
            case OpCodeOperandKind.mem_offs:
                _instruction.SetOpKind(operand, OpKind.Memory);
                SetAbsolute(random.Next(2) == 0 ? 8 : 4);
                return true;
            default:
                return false;
        }
    }

    private void SetAddress()
    {
        switch (random.Next(8))
        {
            case 0:
                _instruction.MemoryBase = Register.RIP;
                _instruction.MemoryDisplSize = 8;
                _instruction.MemoryDisplacement64 = _target;
                break;
            case 1:
                SetAbsolute(random.Next(2) == 0 ? 8 : 4);
                break;
            case 2 or 3:
                SetBaseAndIndex(Register.EAX, 4);
                break;
            default:
                SetBaseAndIndex(Register.RAX, 8);
                break;
        }
    }

    private void SetAbsolute(int size)
    {
        _instruction.MemoryDisplSize = size;
        _instruction.MemoryDisplacement64 = _target;
    }

    /// <summary>Base, index times scale and displacement, with the base (or the displacement) chosen so that they add up.</summary>
    private void SetBaseAndIndex(Register first, int width)
    {
        int baseNumber = random.Next(16);
        int indexNumber = random.Next(16);
        bool hasIndex = random.Next(2) == 0 && indexNumber != 4 && indexNumber != baseNumber;
        bool stack = baseNumber == 4;
        ulong offset = 0;
        _instruction.MemoryBase = first + baseNumber;
        if (hasIndex && !stack)
        {
            _instruction.MemoryIndex = first + indexNumber;
            _instruction.MemoryIndexScale = 1 << random.Next(4);
            ulong index = TestRegisters.Full(ref _registers, indexNumber);
            offset = (width == 4 ? (uint)index : index) * (ulong)_instruction.MemoryIndexScale;
        }

        long displacement = random.Next(3) switch { 0 => 0, 1 => random.Next(-128, 128), _ => random.Next() };
        if (stack)
        {
            displacement = (long)(_target - _registers.Rsp);
        }
        else
        {
            ulong value = _target - offset - (ulong)displacement;
            ulong garbage = width == 4 ? RandomValue() << 32 : 0;
            TestRegisters.Full(ref _registers, baseNumber) = width == 4 ? (uint)value | garbage : value;
        }

        _instruction.MemoryDisplSize = displacement == 0 ? 0 : width;
        _instruction.MemoryDisplacement64 = width == 4 ? (uint)displacement : (ulong)displacement;
    }

    private bool SetRegister(int operand, OpCodeOperandKind kind)
    {
        Register register = kind switch
        {
            OpCodeOperandKind.r8_reg or OpCodeOperandKind.r8_opcode => Register.AL + random.Next(20),
            OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_opcode => Register.AX + random.Next(16),
            OpCodeOperandKind.r32_reg or OpCodeOperandKind.r32_opcode => Register.EAX + random.Next(16),
            OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_opcode => Register.RAX + random.Next(16),
            OpCodeOperandKind.r32_vvvv => Register.EAX + random.Next(16),
            OpCodeOperandKind.r64_vvvv => Register.RAX + random.Next(16),
            OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_vvvv => Vector(Register.XMM0),
            OpCodeOperandKind.ymm_reg or OpCodeOperandKind.ymm_vvvv => Vector(Register.YMM0),
            OpCodeOperandKind.zmm_reg or OpCodeOperandKind.zmm_vvvv => Vector(Register.ZMM0),
            OpCodeOperandKind.xmm_rm => Vector(Register.XMM0),
            OpCodeOperandKind.k_reg => Register.K0 + random.Next(8),
            OpCodeOperandKind.al => Register.AL,
            OpCodeOperandKind.cl => Register.CL,
            OpCodeOperandKind.ax => Register.AX,
            OpCodeOperandKind.eax => Register.EAX,
            OpCodeOperandKind.rax => Register.RAX,
            OpCodeOperandKind.st0 => Register.ST0,
            OpCodeOperandKind.seg_reg => Register.ES + random.Next(6),
            _ => Register.None,
        };
        if (register == Register.None)
        {
            return false;
        }

        _instruction.SetOpKind(operand, OpKind.Register);
        _instruction.SetOpRegister(operand, register);
        return true;
    }

    private Register Vector(Register first) =>
        first + random.Next(_instruction.Code.ToOpCode().Encoding == EncodingKind.EVEX ? 32 : 16);

    private bool SetImmediate(int operand, OpCodeOperandKind kind)
    {
        OpKind immediate = kind switch
        {
            OpCodeOperandKind.imm8 or OpCodeOperandKind.imm8_const_1 => OpKind.Immediate8,
            OpCodeOperandKind.imm8sex16 => OpKind.Immediate8to16,
            OpCodeOperandKind.imm8sex32 => OpKind.Immediate8to32,
            OpCodeOperandKind.imm8sex64 => OpKind.Immediate8to64,
            OpCodeOperandKind.imm16 => OpKind.Immediate16,
            OpCodeOperandKind.imm32 => OpKind.Immediate32,
            OpCodeOperandKind.imm32sex64 => OpKind.Immediate32to64,
            OpCodeOperandKind.imm64 => OpKind.Immediate64,
            _ => OpKind.Register,
        };
        if (immediate == OpKind.Register)
        {
            return false;
        }

        long value = immediate switch
        {
            OpKind.Immediate8 => kind == OpCodeOperandKind.imm8_const_1 ? 1 : random.Next(256),
            OpKind.Immediate8to16 or OpKind.Immediate8to32 or OpKind.Immediate8to64 => random.Next(-128, 128),
            OpKind.Immediate16 => random.Next(0x10000),
            OpKind.Immediate64 => random.NextInt64(),
            _ => random.Next(int.MinValue, int.MaxValue),
        };
        _instruction.SetOpKind(operand, immediate);
        _instruction.SetImmediate(operand, value);
        return true;
    }

    private void SetPrefixes(OpCodeInfo opcode)
    {
        if (opcode.CanUseLockPrefix && _instruction.Op0Kind == OpKind.Memory)
        {
            _instruction.HasLockPrefix = random.Next(2) == 0;
        }

        if (_instruction.IsStringInstruction)
        {
            _instruction.HasRepPrefix = random.Next(2) == 0;
            _instruction.HasRepnePrefix = opcode.CanUseRepnePrefix && !_instruction.HasRepPrefix && random.Next(2) == 0;
        }

        if (opcode.CanUseOpMaskRegister && (opcode.RequireOpMaskRegister || random.Next(3) > 0))
        {
            _instruction.OpMask = Register.K1 + random.Next(7);
            _instruction.ZeroingMasking =
                opcode.CanUseZeroingMasking && _instruction.Op0Kind == OpKind.Register && random.Next(2) == 0;
        }
    }

    /// <summary>Keeps bit strings within the device, and most quotients within their registers.</summary>
    private void Constrain(Mnemonic mnemonic)
    {
        if (mnemonic is Mnemonic.Div or Mnemonic.Idiv && random.Next(8) > 0)
        {
            Retarget();
            bool negative = mnemonic == Mnemonic.Idiv && random.Next(2) == 0;
            _registers.Rdx = negative ? ulong.MaxValue : 0;
            _registers.Rax = _instruction.MemorySize.GetSize() == 1
                ? (ulong)random.Next(100) ^ (negative ? 0xffff : 0ul)
                : _registers.Rax >> 1 ^ _registers.Rdx;
        }

        bool bitString = mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc;
        if (bitString && _instruction.Op1Kind == OpKind.Register)
        {
            _target = data + 0x800;
            Retarget();
            Register register = _instruction.Op1Register;
            int number = register.GetFullRegister() - Register.RAX;
            if (number == 4)
            {
                number = 8;
                _instruction.Op1Register = register + 4;
            }

            ulong garbage = register.GetSize() == 8 ? 0 : RandomValue() << (register.GetSize() * 8);
            ulong offset = (ulong)random.Next(-8000, 8000);
            ulong mask = ulong.MaxValue >> (64 - (register.GetSize() * 8));
            TestRegisters.Full(ref _registers, number) = (offset & mask) | garbage;
        }
    }

    /// <summary>Makes the memory operand absolute, at the target.</summary>
    private void Retarget()
    {
        _instruction.MemoryBase = Register.None;
        _instruction.MemoryIndex = Register.None;
        _instruction.MemoryIndexScale = 1;
        SetAbsolute(8);
    }
}
