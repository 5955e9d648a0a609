using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>What the emulator keeps of an instruction between two traps at the same place.</summary>
internal struct DecodedInstruction
{
    public Instruction Instruction;
    public ulong Rip;
    public Operation Operation;
    public bool Code64;
    public bool Valid;

    /// <summary>The processor raises #GP unless the operand is aligned to its width.</summary>
    public bool Aligned;

    /// <summary>
    /// The operand named by ModRM is the instruction's only memory access, at that address: whether it touches a device can
    /// be told before execution.
    /// </summary>
    public bool SingleOperand;

    /// <summary>VEX or EVEX: a write to a vector register clears the bits above it.</summary>
    public bool ClearsUpper;

    /// <summary>Length of the instruction in bytes: 1 to 15.</summary>
    public byte Length;

    /// <summary>Bytes of the memory operand.</summary>
    public byte MemoryWidth;

    /// <summary>Bytes of one element of the memory operand: the grain of an opmask.</summary>
    public byte ElementWidth;
}
