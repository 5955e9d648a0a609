using Viaduct.Linux;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.Syscalls;

namespace Viaduct.Supervisor.Tracing;

/// <summary>Reads the calls that close a descriptor from the registers of x86-64's system-call convention. Another
/// architecture replaces this file.</summary>
internal static class CloseRegisters
{
    /// <summary>Notes which descriptors the stopped call is about to close.</summary>
    public static void Apply(in UserRegisters registers, SupervisedProcess process)
    {
        switch ((int)registers.OrigRax)
        {
            case SystemCall.Close:
                process.SetClosed((int)registers.Rdi);
                break;
            case SystemCall.Dup2 or SystemCall.Dup3:
                process.SetClosed((int)registers.Rsi);
                break;
            case SystemCall.CloseRange:
                process.SetClosed((uint)registers.Rdi, (uint)registers.Rsi);
                break;
        }
    }
}
