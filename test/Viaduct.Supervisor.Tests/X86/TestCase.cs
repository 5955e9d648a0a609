using Iced.Intel;
using Viaduct.Linux;

namespace Viaduct.Supervisor.Tests.X86;

/// <summary>One instruction with the registers it starts from.</summary>
internal sealed record TestCase(Instruction Instruction, byte[] Bytes, UserRegisters Registers, ulong FaultAddress);
