using System.Runtime.InteropServices;

namespace Viaduct.Linux.Seccomp;

/// <summary>struct sock_filter, linux/filter.h: one instruction of classic BPF.</summary>
/// <param name="Code">Class, size, mode and operation.</param>
/// <param name="JumpTrue">Instructions to skip where a jump's condition holds.</param>
/// <param name="JumpFalse">Instructions to skip where it does not.</param>
/// <param name="K">The constant operand.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SockFilter(ushort Code, byte JumpTrue, byte JumpFalse, uint K);
