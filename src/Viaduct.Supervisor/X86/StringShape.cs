using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>What one string instruction works on, by its prefixes and the direction flag.</summary>
internal readonly struct StringShape
{
    public StringShape(ref Trap trap)
    {
        ref readonly Instruction instruction = ref trap.Code.Instruction;
        Operation operation = trap.Code.Operation;
        OpKind kind = instruction.Op0Kind == OpKind.Register ? instruction.Op1Kind : instruction.Op0Kind;
        int addressSize = (kind - OpKind.MemorySegSI) % 3;
        Source = addressSize switch { 0 => Register.SI, 1 => Register.ESI, _ => Register.RSI };
        Destination = Source + 1;
        Count = Source - (Register.SI - Register.CX);
        Width = trap.Width;
        Backward = trap.Flag(EFlags.Direction);
        UsesSource = operation is Operation.StringMove or Operation.StringLoad or Operation.StringCompare;
        UsesDestination = operation != Operation.StringLoad;
        Compares = operation is Operation.StringCompare or Operation.StringScan;
        Repeats = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        RepeatsWhileUnequal = instruction.HasRepnePrefix;
    }

    /// <summary>SI, DI and CX by the address size.</summary>
    public Register Source { get; }

    /// <summary>DI by the address size.</summary>
    public Register Destination { get; }

    /// <summary>CX by the address size.</summary>
    public Register Count { get; }

    /// <summary>Bytes of an element.</summary>
    public int Width { get; }

    public bool Backward { get; }

    public bool UsesSource { get; }

    public bool UsesDestination { get; }

    /// <summary>CMPS and SCAS: ZF ends the repetition too.</summary>
    public bool Compares { get; }

    public bool Repeats { get; }

    public bool RepeatsWhileUnequal { get; }

    public ulong SourceAddress(ref Trap trap) => EffectiveAddress.Linear(
        ref trap.Registers,
        trap.Code.Instruction.MemorySegment,
        RegisterFile.Read(ref trap.Registers, Source),
        trap.Code.Code64);

    /// <summary>ES cannot be overridden, and its base is 0.</summary>
    public ulong DestinationAddress(ref Trap trap) => RegisterFile.Read(ref trap.Registers, Destination);

    /// <summary>Moves the pointers forward by a number of elements, back where it is negative, and the count the other way.</summary>
    public void Advance(ref Trap trap, long elements)
    {
        ulong bytes = (ulong)(elements * (Backward ? -Width : Width));
        if (UsesSource)
        {
            Add(ref trap, Source, bytes);
        }

        if (UsesDestination)
        {
            Add(ref trap, Destination, bytes);
        }

        if (Repeats)
        {
            Add(ref trap, Count, (ulong)-elements);
        }
    }

    private static void Add(ref Trap trap, Register register, ulong value) =>
        RegisterFile.Write(ref trap.Registers, register, RegisterFile.Read(ref trap.Registers, register) + value);
}
