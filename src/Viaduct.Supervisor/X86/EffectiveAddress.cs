using Iced.Intel;
using Viaduct.Linux;

namespace Viaduct.Supervisor.X86;

/// <summary>Linear addresses of memory operands. Segments other than FS and GS have base 0, as Linux sets them up.</summary>
internal static class EffectiveAddress
{
    /// <summary>The linear address of the operand that a ModRM byte or a moffs names.</summary>
    public static ulong Compute(ref UserRegisters registers, in Instruction instruction, bool code64)
    {
        Register baseRegister = instruction.MemoryBase;
        Register index = instruction.MemoryIndex;
        ulong offset = instruction.MemoryDisplacement64;
        if (RegisterFile.IsGeneral(baseRegister))
        {
            offset += RegisterFile.Read(ref registers, baseRegister);
        }

        if (RegisterFile.IsGeneral(index))
        {
            offset += RegisterFile.Read(ref registers, index) * (ulong)instruction.MemoryIndexScale;
        }

        offset = Bits.Truncate(offset, AddressWidth(instruction, baseRegister, index));
        return Linear(ref registers, instruction.MemorySegment, offset, code64);
    }

    /// <summary>Adds the segment's base; 32-bit code wraps at 4 GiB.</summary>
    public static ulong Linear(ref UserRegisters registers, Register segment, ulong offset, bool code64)
    {
        ulong linear = segment switch
        {
            Register.FS => registers.FsBase + offset,
            Register.GS => registers.GsBase + offset,
            _ => offset,
        };
        return code64 ? linear : (uint)linear;
    }

    private static int AddressWidth(in Instruction instruction, Register baseRegister, Register index)
    {
        if (RegisterFile.IsGeneral(baseRegister))
        {
            return RegisterFile.Width(baseRegister);
        }

        // XLAT's index is AL, but it always has a base.
        if (RegisterFile.IsGeneral(index))
        {
            return RegisterFile.Width(index);
        }

        return baseRegister switch
        {
            Register.RIP => 8,
            Register.EIP => 4,
            _ => instruction.MemoryDisplSize is 2 or 4 ? instruction.MemoryDisplSize : 8,
        };
    }
}
