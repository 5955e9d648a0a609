using System.Buffers.Binary;
using Viaduct.Linux.Seccomp;

namespace Viaduct.Supervisor.Tests.Infrastructure;

/// <summary>Runs a seccomp filter on a call, as the kernel would.</summary>
internal sealed class BpfProgram(SockFilter[] instructions)
{
    private const int DataBytes = 64;

    /// <summary>The verdict.</summary>
    public uint Run(uint architecture, int number, params ulong[] arguments)
    {
        var data = new byte[DataBytes];
        BinaryPrimitives.WriteInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), architecture);
        for (var i = 0; i < arguments.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + (8 * i)), arguments[i]);
        }

        var accumulator = 0u;
        for (var at = 0; ; at++)
        {
            var (code, ifTrue, ifFalse, k) = instructions[at];
            switch (code)
            {
                case 0x20: // BPF_LD | BPF_W | BPF_ABS
                    accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)k));
                    break;
                case 0x54: // BPF_ALU | BPF_AND | BPF_K
                    accumulator &= k;
                    break;
                case 0x15: // BPF_JMP | BPF_JEQ | BPF_K
                    at += accumulator == k ? ifTrue : ifFalse;
                    break;
                case 0x35: // BPF_JMP | BPF_JGE | BPF_K
                    at += accumulator >= k ? ifTrue : ifFalse;
                    break;
                case 0x45: // BPF_JMP | BPF_JSET | BPF_K
                    at += (accumulator & k) != 0 ? ifTrue : ifFalse;
                    break;
                case 0x06: // BPF_RET | BPF_K
                    return k;
                default:
                    throw new InvalidOperationException($"no instruction of ours: 0x{code:x}");
            }
        }
    }
}
