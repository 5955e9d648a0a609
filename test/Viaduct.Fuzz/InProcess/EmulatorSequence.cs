using Viaduct.Linux;
using Viaduct.Supervisor.X86;

namespace Viaduct.Fuzz.InProcess;

/// <summary>Instructions that a hostile program may trap with: any bytes, any registers.</summary>
internal sealed class EmulatorSequence : IMmioBus, IVectorState
{
    private const int Length = 2000, LongestInstruction = 15;
    private const ulong Device = 0x7f00_0000_0000, DeviceSize = 1 << 20;

    // One Step is bounded: so many iterations, each of a load and a store, in pieces of at most 64 bytes.
    private const int MostAccesses = InstructionEmulator.MaximumIterations * 2 * 64;

    // Openings of what reads and writes memory: the rest is random.
    private static readonly byte[][] s_openings =
    [
        [0x8b], [0x89], [0x88], [0x48, 0x8b], [0xf3, 0xa4], [0xf3, 0x48, 0xa5], [0xf3, 0xab], [0xf2, 0xae], [0x67, 0xf3, 0xa4],
        [0x0f, 0x6f], [0x66, 0x0f, 0x6f], [0xf3, 0x0f, 0x6f], [0xc5, 0xfe, 0x6f], [0xc5], [0xc4], [0x62], [0xf0], [0x0f], [0x66, 0x0f],
        [0xd8], [0xd9], [0xdb], [0xdd], [0xf7], [0xff], [0x80], [0x81], [0x0f, 0xc7], [0x0f, 0xae], [0x0f, 0xb1], [0x0f, 0xab], [0xa4],
    ];

    private readonly byte[] _image = new byte[16 * 1024];
    private readonly InstructionEmulator _emulator = new();
    private readonly FuzzRandom _random;
    private int _accesses;

    private EmulatorSequence(FuzzRandom random) => _random = random;

    /// <summary>Runs one.</summary>
    /// <returns>Instructions tried.</returns>
    public static int Run(FuzzRandom random)
    {
        var sequence = new EmulatorSequence(random);
        for (var i = 0; i < Length; i++)
        {
            sequence.Step();
        }

        return Length;
    }

    public bool IsDevice(ulong address) => address - Device < DeviceSize;

    public MmioStatus Read(ulong address, Span<byte> data)
    {
        Count(data.Length is 1 or 2 or 4 or 8);
        _random.Fill(data);
        return _random.OneIn(50) ? MmioStatus.BusError : MmioStatus.Ok;
    }

    public MmioStatus Write(ulong address, ReadOnlySpan<byte> data)
    {
        Count(data.Length is 1 or 2 or 4 or 8);
        return _random.OneIn(50) ? MmioStatus.BusError : MmioStatus.Ok;
    }

    public bool TryReadMemory(ulong address, Span<byte> data)
    {
        Count(data.Length <= InstructionEmulator.MaximumMemoryTransfer);
        _random.Fill(data);
        return !_random.OneIn(8);
    }

    public bool TryWriteMemory(ulong address, ReadOnlySpan<byte> data)
    {
        Count(data.Length <= InstructionEmulator.MaximumMemoryTransfer);
        return !_random.OneIn(8);
    }

    public Span<byte> GetImage() => _random.OneIn(20) ? [] : _image;

    public void MarkChanged()
    {
    }

    private void Count(bool isWidth)
    {
        if (!isWidth || ++_accesses > MostAccesses)
        {
            throw new FuzzFailure(isWidth ? "one instruction goes on and on" : "an access of an impossible width");
        }
    }

    private void Step()
    {
        Span<byte> code = stackalloc byte[LongestInstruction];
        _random.Fill(code);
        if (!_random.OneIn(4))
        {
            _random.Pick(s_openings).CopyTo(code);
        }

        code = code[..(_random.OneIn(10) ? _random.Below(LongestInstruction + 1) : LongestInstruction)];
        var registers = new UserRegisters
        {
            Rax = Register(),
            Rbx = Register(),
            Rcx = Register(),
            Rdx = Register(),
            Rsi = Register(),
            Rdi = Register(),
            Rbp = Register(),
            Rsp = Register(),
            R8 = Register(),
            R9 = Register(),
            R10 = Register(),
            R11 = Register(),
            R12 = Register(),
            R13 = Register(),
            R14 = Register(),
            R15 = Register(),
            FsBase = Register(),
            GsBase = Register(),
            Rip = Register(),
            EFlags = _random.Any(),
            Cs = _random.OneIn(4) ? 0x23UL : 0x33,
        };
        _accesses = 0;
        var address = _random.OneIn(8) ? _random.Any() : Device + (ulong)_random.Below((int)DeviceSize);
        var outcome = _emulator.Step(ref registers, code, address, this, this).Outcome;
        if (outcome == EmulationOutcome.Unsupported)
        {
            _ = UnsupportedInstruction.Describe(registers, code);
        }
    }

    private ulong Register() => _random.OneIn(4) ? _random.Any() : Device + (ulong)_random.Below((int)DeviceSize);
}
