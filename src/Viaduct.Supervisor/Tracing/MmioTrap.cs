using Viaduct.Linux;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Processes;
using Viaduct.Supervisor.X86;

namespace Viaduct.Supervisor.Tracing;

/// <summary>
/// Completes an instruction that stopped on a device page. Behind such a page lies the end of a memory file, so the kernel
/// raises SIGBUS before the instruction has any effect. Only the tracer's thread calls.
/// </summary>
internal sealed class MmioTrap(OpenFileTable files, RunStatistics statistics, Action<string> report)
{
    private const int SIGFPE = 8;
    private const int LongestInstruction = 15;

    private readonly InstructionEmulator _emulator = new();
    private readonly MmioBus _bus = new(files, statistics);
    private readonly VectorState _vectors = new();

    /// <summary>Handles a thread's SIGBUS.</summary>
    /// <returns>The signal to deliver: 0 where the access was the device's, and done.</returns>
    public int Handle(int task, SupervisedProcess process)
    {
        try
        {
            return Complete(task, process);
        }
#pragma warning disable CA1031 // the door's last line: our bug must not end the run of every other program
        catch (Exception bug)
#pragma warning restore CA1031
        {
            report($"viaduct: internal error in a register access of thread {task}, which gets SIGBUS. Please report this.\n{bug}");
            return SignalInfo.SIGBUS;
        }
    }

    private int Complete(int task, SupervisedProcess process)
    {
        if (Tracer.GetSignalInfo(task, out var info).IsError || info.Code != SignalInfo.BUS_ADRERR
            || !_bus.Begin(process, info.Address)
            || Tracer.GetRegisters(task, out var registers).IsError)
        {
            return SignalInfo.SIGBUS;
        }

        Span<byte> code = stackalloc byte[LongestInstruction];
        code = code[..process.Memory.ReadPartly(registers.Rip, code)];
        _vectors.Begin(task);
        var result = _emulator.Step(ref registers, code, info.Address, _bus, _vectors);
        if (result.Outcome is EmulationOutcome.Completed)
        {
            _vectors.End();
            _ = Tracer.SetRegisters(task, registers);
            return 0;
        }

        return Failed(result.Outcome, task, registers, code, info.Address);
    }

    private int Failed(
        EmulationOutcome outcome, int task, in UserRegisters registers, ReadOnlySpan<byte> code, ulong address)
    {
        switch (outcome)
        {
            case EmulationOutcome.Unsupported:
                report($"viaduct: thread {task} touched a device register at 0x{address:x} with an instruction that is not "
                    + $"supported, and gets SIGBUS: {UnsupportedInstruction.Describe(registers, code)}");
                return SignalInfo.SIGBUS;
            case EmulationOutcome.MemoryFault or EmulationOutcome.GeneralProtection:
                return SignalInfo.SIGSEGV;
            case EmulationOutcome.DivideError:
                return SIGFPE;
            default:
                return SignalInfo.SIGBUS;
        }
    }
}
