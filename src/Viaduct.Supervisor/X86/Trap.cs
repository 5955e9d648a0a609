using System.Buffers.Binary;
using Iced.Intel;
using Viaduct.Linux;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// One instruction being executed: its registers and its ways to devices and memory. Every access returns Completed or
/// the outcome that ends the instruction, with <see cref="FailedAddress"/> set; routines change registers only after
/// their last access has succeeded.
/// </summary>
internal ref struct Trap
{
    public ref UserRegisters Registers;
    public readonly ref readonly DecodedInstruction Code;
    public readonly IVectorState Vectors;

    /// <summary>The emulator's own <see cref="InstructionEmulator.MaximumMemoryTransfer"/> bytes.</summary>
    public readonly byte[] Scratch;

    /// <summary>Linear address of the operand that ModRM names.</summary>
    public ulong Address;

    /// <summary>The access that ended the instruction.</summary>
    public ulong FailedAddress;

    /// <summary>RIP stays on the instruction: a string instruction that has iterations left.</summary>
    public bool Unfinished;

    private readonly IMmioBus _bus;

    public Trap(
        ref UserRegisters registers,
        ref readonly DecodedInstruction code,
        IMmioBus bus,
        IVectorState vectors,
        byte[] scratch)
    {
        Registers = ref registers;
        Code = ref code;
        Vectors = vectors;
        Scratch = scratch;
        _bus = bus;
        Address = EffectiveAddress.Compute(ref registers, code.Instruction, code.Code64);
    }

    /// <summary>Bytes of the memory operand.</summary>
    public readonly int Width => Code.MemoryWidth;

    public readonly bool Flag(ulong flag) => (Registers.EFlags & flag) != 0;

    /// <summary>
    /// Whether a range of at most a page's size has a device's byte at either end. A scalar that does goes to the device whole.
    /// </summary>
    public readonly bool TouchesDevice(ulong address, int length) =>
        _bus.IsDevice(address) || (length > 1 && _bus.IsDevice(address + (ulong)(length - 1)));

    /// <summary>One access of 1, 2, 4 or 8 bytes, zero-extended.</summary>
    public EmulationOutcome Read(ulong address, int width, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        EmulationOutcome outcome = Read(address, bytes[..width]);
        value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return outcome;
    }

    /// <summary>One access of 1, 2, 4 or 8 bytes: the low ones of <paramref name="value"/>.</summary>
    public EmulationOutcome Write(ulong address, int width, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Write(address, bytes[..width]);
    }

    /// <summary>One access: the device's if it touches one, otherwise memory's.</summary>
    public EmulationOutcome Read(ulong address, scoped Span<byte> data)
    {
        if (TouchesDevice(address, data.Length))
        {
            return _bus.Read(address, data) == MmioStatus.Ok
                ? EmulationOutcome.Completed
                : Fail(EmulationOutcome.DeviceError, address);
        }

        return ReadMemory(address, data) ? EmulationOutcome.Completed : Fail(EmulationOutcome.MemoryFault, address);
    }

    /// <summary>One access: the device's if it touches one, otherwise memory's.</summary>
    public EmulationOutcome Write(ulong address, scoped ReadOnlySpan<byte> data)
    {
        if (TouchesDevice(address, data.Length))
        {
            return _bus.Write(address, data) == MmioStatus.Ok
                ? EmulationOutcome.Completed
                : Fail(EmulationOutcome.DeviceError, address);
        }

        return WriteMemory(address, data) ? EmulationOutcome.Completed : Fail(EmulationOutcome.MemoryFault, address);
    }

    public readonly bool ReadMemory(ulong address, scoped Span<byte> data) => _bus.TryReadMemory(address, data);

    public readonly bool WriteMemory(ulong address, scoped ReadOnlySpan<byte> data) => _bus.TryWriteMemory(address, data);

    /// <summary>Reads the memory operand.</summary>
    public EmulationOutcome ReadMemoryOperand(out ulong value) => Read(Address, Width, out value);

    /// <summary>Reads an operand of any kind as <paramref name="width"/> bytes.</summary>
    public EmulationOutcome ReadOperand(int operand, int width, out ulong value)
    {
        ref readonly Instruction instruction = ref Code.Instruction;
        switch (instruction.GetOpKind(operand))
        {
            case OpKind.Memory:
                return Read(Address, width, out value);
            case OpKind.Register:
                value = Bits.Truncate(Register(operand), width);
                return EmulationOutcome.Completed;
            default:
                value = Bits.Truncate(instruction.GetImmediate(operand), width);
                return EmulationOutcome.Completed;
        }
    }

    /// <summary>Writes an operand in memory or in a register.</summary>
    public EmulationOutcome WriteOperand(int operand, int width, ulong value)
    {
        if (Code.Instruction.GetOpKind(operand) == OpKind.Memory)
        {
            return Write(Address, width, value);
        }

        SetRegister(operand, value);
        return EmulationOutcome.Completed;
    }

    public readonly ulong Register(int operand) =>
        RegisterFile.Read(ref Registers, Code.Instruction.GetOpRegister(operand));

    public readonly void SetRegister(int operand, ulong value) =>
        RegisterFile.Write(ref Registers, Code.Instruction.GetOpRegister(operand), value);

    public readonly int RegisterWidth(int operand) => RegisterFile.Width(Code.Instruction.GetOpRegister(operand));

    public EmulationOutcome Fail(EmulationOutcome outcome, ulong address)
    {
        FailedAddress = address;
        return outcome;
    }
}
