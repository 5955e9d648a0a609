using Viaduct.Linux;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// Completes one instruction that stopped because its memory operand is a device register: the device's answer takes the
/// place of memory, everything else happens as the processor would have done it (Intel SDM volume 2).
/// </summary>
/// <remarks>
/// <para>Accesses that a device sees. A scalar of 1, 2, 4 or 8 bytes is one access with that address and width, aligned or
/// not. A vector of 16, 32 or 64 bytes comes in ascending, naturally aligned pieces of at most 8 bytes; with a mask, only
/// its enabled bytes do. A read-modify-write instruction is one read and one write; LOCK orders it against other traps, which
/// the tracer serves one by one, and against nothing else. A string instruction is one access an element.</para>
/// <para>Registers change only when the instruction completes. String instructions, as on the processor, complete element
/// by element: after a fault the registers tell how far it came. CMPXCHG16B and vectors may have
/// written their first pieces when a later one fails.</para>
/// <para>One thread uses an emulator. In steady state nothing is allocated.</para>
/// </remarks>
public sealed class InstructionEmulator
{
    /// <summary>Iterations of a repeated string instruction that one <see cref="Step"/> executes at most.</summary>
    public const int MaximumIterations = 4096;

    /// <summary>Bytes of ordinary memory in one call of <see cref="IMmioBus"/> at most.</summary>
    public const int MaximumMemoryTransfer = 512;

    private readonly DecodeCache _cache = new();
    private readonly byte[] _scratch = new byte[MaximumMemoryTransfer];

    /// <summary>Executes the instruction at RIP.</summary>
    /// <param name="registers">The stopped thread's registers; they advance past the instruction if it completes.</param>
    /// <param name="code">The bytes at RIP: 15, or as many as are readable.</param>
    /// <param name="faultAddress">The signal's <c>si_addr</c>: if it is no device's, nothing is executed.</param>
    /// <param name="bus">Device and memory accesses.</param>
    /// <param name="vectors">The thread's vector registers.</param>
    public EmulationResult Step(
        ref UserRegisters registers, ReadOnlySpan<byte> code, ulong faultAddress, IMmioBus bus, IVectorState vectors)
    {
        if (!bus.IsDevice(faultAddress))
        {
            return new EmulationResult(EmulationOutcome.NotDevice);
        }

        ref readonly DecodedInstruction entry = ref _cache.Get(registers, code);
        if (entry.Operation == Operation.Unsupported)
        {
            return new EmulationResult(EmulationOutcome.Unsupported);
        }

        Trap trap = new(ref registers, in entry, bus, vectors, _scratch);
        EmulationOutcome outcome = Execute(ref trap);
        if (outcome != EmulationOutcome.Completed)
        {
            return new EmulationResult(outcome, trap.FailedAddress);
        }

        registers.EFlags &= ~EFlags.Resume;
        if (!trap.Unfinished)
        {
            ulong next = registers.Rip + entry.Length;
            registers.Rip = entry.Code64 ? next : (uint)next;
        }

        return new EmulationResult(EmulationOutcome.Completed);
    }

    private static EmulationOutcome Execute(ref Trap trap)
    {
        if (trap.Code.SingleOperand)
        {
            if (trap.Code.Aligned && (trap.Address & (ulong)(trap.Width - 1)) != 0)
            {
                return trap.Fail(EmulationOutcome.GeneralProtection, trap.Address);
            }

            if (!trap.TouchesDevice(trap.Address, trap.Width))
            {
                return EmulationOutcome.NotDevice;
            }
        }

        return trap.Code.Operation switch
        {
            Operation.Move => MoveOperations.Move(ref trap),
            <= Operation.Pop => ExecuteInteger(ref trap),
            <= Operation.CarryChain => ExecuteBits(ref trap),
            <= Operation.StringScan => StringOperations.Execute(ref trap),
            _ => ExecuteVector(ref trap),
        };
    }

    private static EmulationOutcome ExecuteInteger(ref Trap trap) => trap.Code.Operation switch
    {
        Operation.NoAccess => EmulationOutcome.Completed,
        Operation.MoveSignExtended => MoveOperations.MoveSignExtended(ref trap),
        Operation.MoveByteSwapped => MoveOperations.MoveByteSwapped(ref trap),
        Operation.Translate => MoveOperations.Translate(ref trap),
        Operation.Exchange => MoveOperations.Exchange(ref trap),
        Operation.Arithmetic => ArithmeticOperations.Binary(ref trap),
        Operation.Compare => ArithmeticOperations.Compare(ref trap),
        Operation.Unary => ArithmeticOperations.Unary(ref trap),
        Operation.CompareExchange => CompareExchangeOperations.Single(ref trap),
        Operation.CompareExchangePair => CompareExchangeOperations.Pair(ref trap),
        Operation.ExchangeAdd => ArithmeticOperations.ExchangeAdd(ref trap),
        Operation.BitTest => ShiftOperations.BitTest(ref trap),
        Operation.Shift => ShiftOperations.Shift(ref trap),
        Operation.DoubleShift => ShiftOperations.DoubleShift(ref trap),
        Operation.ShiftFlagless => ShiftOperations.Flagless(ref trap),
        Operation.Multiply => MultiplyOperations.Truncating(ref trap),
        Operation.MultiplyWide => MultiplyOperations.Wide(ref trap),
        Operation.MultiplyFlagless => MultiplyOperations.Flagless(ref trap),
        Operation.Divide => MultiplyOperations.Divide(ref trap),
        Operation.ConditionalMove => MoveOperations.ConditionalMove(ref trap),
        Operation.SetCondition => MoveOperations.SetCondition(ref trap),
        Operation.Push => MoveOperations.Push(ref trap),
        Operation.Pop => MoveOperations.Pop(ref trap),
        _ => EmulationOutcome.Unsupported,
    };

    private static EmulationOutcome ExecuteBits(ref Trap trap) => trap.Code.Operation switch
    {
        Operation.Crc32 => BitManipulationOperations.Crc32(ref trap),
        Operation.BitCount => BitManipulationOperations.Count(ref trap),
        Operation.BitScan => BitManipulationOperations.Scan(ref trap),
        Operation.BitManipulation => BitManipulationOperations.Manipulate(ref trap),
        Operation.CarryChain => ArithmeticOperations.CarryChain(ref trap),
        _ => EmulationOutcome.Unsupported,
    };

    private static EmulationOutcome ExecuteVector(ref Trap trap) => trap.Code.Operation switch
    {
        Operation.X87LoadInteger => X87Operations.LoadInteger(ref trap),
        Operation.X87StoreInteger => X87Operations.StoreInteger(ref trap),
        _ => VectorOperations.Execute(ref trap),
    };
}
