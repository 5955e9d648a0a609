using System.Globalization;
using Iced.Intel;
using Viaduct.Linux;

namespace Viaduct.Supervisor.X86;

/// <summary>Names an instruction for a message to the user. Not for hot paths: it allocates.</summary>
public static class UnsupportedInstruction
{
    /// <summary>
    /// The instruction in Intel's syntax, its bytes and its address, such as
    /// <c>fxsave [rax] (0f ae 00) at 0x401000</c>.
    /// </summary>
    /// <param name="registers">The stopped thread's registers.</param>
    /// <param name="code">The bytes at RIP, as given to <see cref="InstructionEmulator.Step"/>.</param>
    public static string Describe(in UserRegisters registers, ReadOnlySpan<byte> code)
    {
        string address = "0x" + registers.Rip.ToString("x", CultureInfo.InvariantCulture);
        if (code.IsEmpty)
        {
            return $"unreadable code at {address}";
        }

        byte[] bytes = code[..Math.Min(code.Length, 15)].ToArray();
        int bitness = registers.Cs == DecodeCache.UserCode32 ? 32 : 64;
        Decoder decoder = Decoder.Create(bitness, new ByteArrayCodeReader(bytes));
        decoder.IP = registers.Rip;
        Instruction instruction = decoder.Decode();
        if (instruction.IsInvalid)
        {
            return $"unknown instruction ({Hex(bytes)}) at {address}";
        }

        StringOutput output = new();
        new IntelFormatter().Format(instruction, output);
        return $"{output.ToStringAndReset()} ({Hex(bytes.AsSpan(0, instruction.Length))}) at {address}";
    }

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        string digits = Convert.ToHexStringLower(bytes);
        return string.Join(' ', Enumerable.Range(0, bytes.Length).Select(i => digits.Substring(i * 2, 2)));
    }
}
