namespace Viaduct.Supervisor.X86;

/// <summary>What became of the instruction that trapped.</summary>
public enum EmulationOutcome
{
    /// <summary>
    /// Executed. A long string instruction may have done only a part: RIP then still points to it, and the thread
    /// simply goes on.
    /// </summary>
    Completed,

    /// <summary>The emulator does not know this instruction; nothing was done. The program gets SIGBUS.</summary>
    Unsupported,

    /// <summary>The device refused an access. The program gets SIGBUS at the result's address.</summary>
    DeviceError,

    /// <summary>Ordinary memory of the instruction cannot be accessed. The program gets SIGSEGV at the result's address.</summary>
    MemoryFault,

    /// <summary>No operand touches a device, nothing was done: the signal is the program's own.</summary>
    NotDevice,

    /// <summary>The processor would raise #GP: a misaligned operand. The program gets SIGSEGV.</summary>
    GeneralProtection,

    /// <summary>The processor would raise #DE: division by zero, or a quotient too large. The program gets SIGFPE.</summary>
    DivideError,
}
