using System.Buffers.Binary;
using Iced.Intel;
using Viaduct.Linux;
using Viaduct.Supervisor.X86;

namespace Viaduct.Supervisor.Tests.X86;

/// <summary>Runs cases on the processor and in the emulator, and collects what differs.</summary>
internal sealed class Comparison : IDisposable
{
    private const ulong StatusFlags = 0x8d5;
    private const int StepsAtMost = 64;

    private readonly NativeProcessor _processor = new();
    private readonly InstructionEmulator _emulator = new();
    private readonly Random _random;
    private readonly InstructionGenerator _generator;
    private readonly byte[] _pool = new byte[4 * NativeProcessor.DataBytes];
    private readonly byte[] _pristine = new byte[NativeProcessor.DataBytes];
    private readonly byte[] _data = new byte[NativeProcessor.DataBytes];
    private readonly byte[] _image = new byte[NativeProcessor.ImageBytes];

    public Comparison(int seed)
    {
        _random = new Random(seed);
        _random.NextBytes(_pool);
        _generator = new InstructionGenerator(_random, _processor.InstructionAddress, _processor.DataAddress);
    }

    public int Compared { get; private set; }

    public HashSet<Code> Codes { get; } = [];

    public List<string> Failures { get; } = [];

    /// <summary>Runs cases of an opcode; one that is declined ten times before any other outcome is given up.</summary>
    public void RunMany(Code code, int cases)
    {
        int accepted = 0;
        int failures = Failures.Count;
        for (int i = 0; i < cases && Failures.Count == failures && (accepted > 0 || i < 10); i++)
        {
            accepted += Run(code) ? 1 : 0;
        }
    }

    /// <summary>One case; false where this opcode cannot be tried or is declined.</summary>
    private bool Run(Code code)
    {
        if (_generator.TryMake(code) is not { } testCase)
        {
            return false;
        }

        MakeData();
        MakeImage();
        _image.CopyTo(_processor.Image);
        UserRegisters emulated = testCase.Registers;
        if (!Emulate(testCase, ref emulated))
        {
            return false;
        }

        _pristine.CopyTo(_processor.Data);
        UserRegisters native = testCase.Registers;
        _processor.Run(testCase.Bytes, ref native);
        Compared++;
        Codes.Add(code);
        string difference = Differences(testCase, emulated, native);
        if (difference.Length > 0)
        {
            Failures.Add(UnsupportedInstruction.Describe(testCase.Registers, testCase.Bytes) + ": " + difference);
        }

        return true;
    }

    public void Dispose() => _processor.Dispose();

    /// <summary>False where the emulator declines. The rest of a string instruction follows in further steps.</summary>
    private bool Emulate(TestCase testCase, ref UserRegisters registers)
    {
        _pristine.CopyTo(_data, 0);
        TestBus bus = new(_processor.DataAddress, InstructionGenerator.DeviceBytes, _data);
        TestVectors vectors = new(_image);
        ulong fault = testCase.FaultAddress;
        if (testCase.Instruction.Mnemonic is Mnemonic.Push or Mnemonic.Pop)
        {
            bus.DeviceBytes = NativeProcessor.DataBytes;
        }

        for (int i = 0; i < StepsAtMost && registers.Rip == testCase.Registers.Rip; i++)
        {
            EmulationResult result = _emulator.Step(ref registers, testCase.Bytes, fault, bus, vectors);
            if (result.Outcome != EmulationOutcome.Completed)
            {
                bool declined = result.Outcome is EmulationOutcome.Unsupported or EmulationOutcome.GeneralProtection
                    or EmulationOutcome.DivideError;
                if (!declined)
                {
                    Failures.Add($"{UnsupportedInstruction.Describe(testCase.Registers, testCase.Bytes)}: {result}");
                }

                return false;
            }
        }

        return true;
    }

    /// <summary>Another window of the same random bytes, with some zeros and ones.</summary>
    private void MakeData()
    {
        TakeRandom(_pristine);
        for (int i = 0; i < 64; i++)
        {
            _pristine.AsSpan(_random.Next(_pristine.Length - 16), 16).Fill((byte)(_random.Next(2) * 0xff));
        }
    }

    /// <summary>Random vector and opmask registers; now and then a component in its initial state.</summary>
    private void MakeImage()
    {
        TakeRandom(_image);
        _image.AsSpan(512, 64).Clear();
        _image[512] = (byte)(_random.Next(4) == 0 ? _random.Next(256) : 0xff);
        _image[512] &= (byte)NativeProcessor.Components;
        BinaryPrimitives.WriteUInt32LittleEndian(_image.AsSpan(24), 0x1f80);
        BinaryPrimitives.WriteUInt32LittleEndian(_image.AsSpan(28), 0xffff);
        MakeX87();
    }

    private void TakeRandom(byte[] target) =>
        _pool.AsSpan(_random.Next(_pool.Length - target.Length), target.Length).CopyTo(target);

    private void MakeX87()
    {
        Span<byte> state = _image;
        state[..24].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(state, (ushort)(0x37f | (_random.Next(4) << 10)));
        BinaryPrimitives.WriteUInt16LittleEndian(state[2..], (ushort)(_random.Next(8) << 11));
        state[4] = (byte)(_random.Next(3) switch { 0 => 0xff, 1 => 0, _ => _random.Next(256) });
        for (int i = 0; i < 8; i++)
        {
            Span<byte> register = state.Slice(32 + (i * 16), 16);
            register[10..].Clear();
            register[7] |= 0x80;
            int exponent = 16383 + _random.Next(-3, 66);
            BinaryPrimitives.WriteUInt16LittleEndian(register[8..], (ushort)(exponent | (_random.Next(2) << 15)));
            if (_random.Next(2) == 0)
            {
                register[..5].Clear(); // halves and whole numbers
            }
        }
    }

    private string Differences(TestCase testCase, UserRegisters emulated, UserRegisters native)
    {
        // SHLD and SHRD by more than the operand has bits: result and flags are undefined (SDM 2B), and makers differ.
        if (testCase.Instruction.Mnemonic is Mnemonic.Shld or Mnemonic.Shrd
            && ShiftCount(testCase) > testCase.Instruction.MemorySize.GetSize() * 8)
        {
            return "";
        }

        List<string> differences = [];
        for (int i = 0; i < 16; i++)
        {
            ulong left = TestRegisters.Full(ref emulated, i);
            ulong right = TestRegisters.Full(ref native, i);
            if (left != right)
            {
                differences.Add($"{TestRegisters.Names[i]} {left:x} instead of {right:x}");
            }
        }

        ulong defined = StatusFlags & ~Undefined(testCase);
        if (((emulated.EFlags ^ native.EFlags) & defined) != 0)
        {
            differences.Add($"flags {emulated.EFlags & defined:x} instead of {native.EFlags & defined:x}"
                + $" from {testCase.Registers.EFlags:x} rcx {testCase.Registers.Rcx:x}");
        }

        if (emulated.Rip != native.Rip)
        {
            differences.Add($"rip {emulated.Rip:x} instead of {native.Rip:x}");
        }

        int at = _data.AsSpan().CommonPrefixLength(_processor.Data);
        if (at != _data.Length)
        {
            differences.Add($"memory at {at:x}: {_data[at]:x} instead of {_processor.Data[at]:x} from {_pristine[at]:x}");
        }

        CompareVectors(differences);
        CompareX87(differences);
        return string.Join(", ", differences);
    }

    private void CompareVectors(List<string> differences)
    {
        XsaveArea emulated = new(_image, XsaveLayout.Host);
        XsaveArea native = new(_processor.Image, XsaveLayout.Host);
        Span<byte> left = stackalloc byte[XsaveArea.RegisterBytes];
        Span<byte> right = stackalloc byte[XsaveArea.RegisterBytes];
        int count = native.HasVector(16, 64) ? 32 : 16;
        for (int i = 0; i < count; i++)
        {
            emulated.ReadVector(i, left);
            native.ReadVector(i, right);
            if (!left.SequenceEqual(right))
            {
                differences.Add($"zmm{i} {Convert.ToHexString(left)} instead of {Convert.ToHexString(right)}");
            }
        }

        for (int i = 0; i < 8 && native.HasOpmasks; i++)
        {
            if (emulated.ReadOpmask(i) != native.ReadOpmask(i))
            {
                differences.Add($"k{i} {emulated.ReadOpmask(i):x} instead of {native.ReadOpmask(i):x}");
            }
        }
    }

    /// <summary>FCW, FSW, FTW and the data registers, in either's initial state too.</summary>
    private void CompareX87(List<string> differences)
    {
        Span<byte> left = stackalloc byte[160];
        Span<byte> right = stackalloc byte[160];
        ReadX87(_image, left);
        ReadX87(_processor.Image, right);
        if (!left.SequenceEqual(right))
        {
            differences.Add($"x87 {Convert.ToHexString(left)} instead of {Convert.ToHexString(right)}");
        }
    }

    private static void ReadX87(ReadOnlySpan<byte> image, Span<byte> state)
    {
        state.Clear();
        if ((image[512] & 1) == 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(state, 0x37f);
            return;
        }

        image[..5].CopyTo(state);
        image[32..160].CopyTo(state[32..]);
    }

    /// <summary>As the processor takes it: six bits for 64-bit operands, else five.</summary>
    private static int ShiftCount(TestCase testCase)
    {
        Instruction instruction = testCase.Instruction;
        int last = instruction.OpCount - 1;
        ulong count = instruction.GetOpKind(last) == OpKind.Register ? testCase.Registers.Rcx : instruction.GetImmediate(last);
        return (int)(count & (instruction.MemorySize.GetSize() == sizeof(ulong) ? 63u : 31u));
    }

    private static ulong Undefined(TestCase testCase)
    {
        Instruction instruction = testCase.Instruction;
        RflagsBits undefined = instruction.RflagsUndefined;

        // OF is defined for rotations by one only, those by a whole turn included (SDM 2B).
        if (instruction.Mnemonic is Mnemonic.Rcl or Mnemonic.Rcr && ShiftCount(testCase) > 1)
        {
            undefined |= RflagsBits.OF;
        }

        ulong flags = 0;
        flags |= (undefined & RflagsBits.CF) != 0 ? 0x1ul : 0;
        flags |= (undefined & RflagsBits.PF) != 0 ? 0x4ul : 0;
        flags |= (undefined & RflagsBits.AF) != 0 ? 0x10ul : 0;
        flags |= (undefined & RflagsBits.ZF) != 0 ? 0x40ul : 0;
        flags |= (undefined & RflagsBits.SF) != 0 ? 0x80ul : 0;
        flags |= (undefined & RflagsBits.OF) != 0 ? 0x800ul : 0;
        return flags;
    }
}
