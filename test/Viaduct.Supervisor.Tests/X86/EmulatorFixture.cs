using Viaduct.Linux;
using Viaduct.Supervisor.X86;

namespace Viaduct.Supervisor.Tests.X86;

/// <summary>An emulator before a device of one page at <see cref="Device"/> with ordinary memory behind it.</summary>
internal sealed class EmulatorFixture
{
    public const ulong Device = 0x7000_0000;
    public const ulong Memory = Device + 0x1000;

    private readonly InstructionEmulator _emulator = new();

    public EmulatorFixture()
    {
        Bytes = new byte[0x8000];
        Bus = new TestBus(Device, 0x1000, Bytes) { Log = [] };
        Vectors = new TestVectors(Image);
        Registers = new UserRegisters { Rip = 0x401000, Cs = TestRegisters.UserCode64, EFlags = 0x202, Rsp = Memory + 0x800 };
    }

    public byte[] Bytes { get; }

    public byte[] Image { get; } = new byte[NativeProcessor.ImageBytes];

    public TestBus Bus { get; }

    public TestVectors Vectors { get; }

    public UserRegisters Registers;

    public string Accesses => string.Join(' ', Bus.Log!);

    public EmulationResult Step(params byte[] code) => StepAt(Device, code);

    public EmulationResult StepAt(ulong faultAddress, ReadOnlySpan<byte> code) =>
        _emulator.Step(ref Registers, code, faultAddress, Bus, Vectors);
}
