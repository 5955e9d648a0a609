namespace Viaduct.Supervisor.X86;

/// <summary>The outcome of one <see cref="InstructionEmulator.Step"/>.</summary>
/// <param name="Outcome">What became of the instruction.</param>
/// <param name="Address">
/// The address that failed, with DeviceError and MemoryFault; the memory operand's with GeneralProtection; otherwise 0.
/// </param>
public readonly record struct EmulationResult(EmulationOutcome Outcome, ulong Address = 0);
