using Viaduct.Supervisor.X86;

namespace Viaduct.Supervisor.Tests.X86;

public sealed class StringOperationTests
{
    private const ulong Device = EmulatorFixture.Device;
    private const ulong Memory = EmulatorFixture.Memory;

    private readonly EmulatorFixture _fixture = new();

    [Fact]
    public void RepMovsb_LongerThanAStep_StopsAtTheBoundAndGoesOn()
    {
        _fixture.Bus.DeviceBytes = 0x8000;
        _fixture.Registers.Rsi = Device;
        _fixture.Registers.Rdi = Device;
        _fixture.Registers.Rcx = InstructionEmulator.MaximumIterations + 3;
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(0xf3, 0xa4).Outcome);
        Assert.Equal(0x401000ul, _fixture.Registers.Rip);
        Assert.Equal(3ul, _fixture.Registers.Rcx);
        Assert.Equal(Device + InstructionEmulator.MaximumIterations, _fixture.Registers.Rsi);
        _fixture.StepAt(_fixture.Registers.Rsi, [0xf3, 0xa4]);
        Assert.Equal(0x401002ul, _fixture.Registers.Rip);
        Assert.Equal(0ul, _fixture.Registers.Rcx);
    }

    [Fact]
    public void RepStosq_LeavingTheDevice_StopsForTheProcessor()
    {
        _fixture.Registers.Rdi = Memory - 16;
        _fixture.Registers.Rcx = 10;
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(0xf3, 0x48, 0xab).Outcome);
        Assert.Equal("W8@ff0 W8@ff8", _fixture.Accesses);
        Assert.Equal(Memory, _fixture.Registers.Rdi);
        Assert.Equal(8ul, _fixture.Registers.Rcx);
        Assert.Equal(0x401000ul, _fixture.Registers.Rip);
    }

    [Fact]
    public void RepMovsd_NextPageUnwritable_ReadsOneElementMoreThanItStores()
    {
        _fixture.Registers.Rsi = Device;
        _fixture.Registers.Rdi = Memory + 0x1000 - 16;
        _fixture.Registers.Rcx = 100;
        _fixture.Bus.Broken = Memory + 0x1000;
        EmulationResult result = _fixture.Step(0xf3, 0xa5);
        Assert.Equal(new EmulationResult(EmulationOutcome.MemoryFault, Memory + 0x1000), result);
        Assert.Equal("R4@0 R4@4 R4@8 R4@c R4@10", _fixture.Accesses);
        Assert.Equal((Device + 16, Memory + 0x1000, 96ul), Pointers());
        Assert.Equal(0x401000ul, _fixture.Registers.Rip);
    }

    [Fact]
    public void RepMovsd_PageVanishesDuringTheBlock_GoesBackToTheFirstElementNotStored()
    {
        _fixture.Registers.Rsi = Device;
        _fixture.Registers.Rdi = Memory;
        _fixture.Registers.Rcx = 100;
        _fixture.Bus.Broken = Memory + 16;
        EmulationResult result = _fixture.Step(0xf3, 0xa5);
        Assert.Equal(new EmulationResult(EmulationOutcome.MemoryFault, Memory + 4), result);
        Assert.Equal((Device + 4, Memory + 4, 99ul), Pointers());
        Assert.Equal(0x401000ul, _fixture.Registers.Rip);
    }

    [Fact]
    public void RepMovsd_DeviceError_KeepsWhatWasMovedBefore()
    {
        _fixture.Bytes.AsSpan(0, 64).Fill(0x11);
        _fixture.Registers.Rsi = Device;
        _fixture.Registers.Rdi = Memory;
        _fixture.Registers.Rcx = 16;
        _fixture.Bus.Broken = Device + 32;
        Assert.Equal(new EmulationResult(EmulationOutcome.DeviceError, Device + 32), _fixture.Step(0xf3, 0xa5));
        Assert.Equal((Device + 32, Memory + 32, 8ul), Pointers());
        Assert.Equal(Enumerable.Repeat((byte)0x11, 32), _fixture.Bytes[0x1000..0x1020]);
        Assert.Equal(0, _fixture.Bytes[0x1020]);
    }

    [Fact]
    public void RepMovsb_FromDeviceToMemory_WritesMemoryInBlocks()
    {
        _fixture.Registers.Rsi = Device;
        _fixture.Registers.Rdi = Memory;
        _fixture.Registers.Rcx = 0x1000;
        _fixture.Step(0xf3, 0xa4);
        Assert.Equal(0x1000, _fixture.Bus.Log!.Count);
        Assert.InRange(_fixture.Bus.MemoryCalls, 2, 20);
    }

    [Fact]
    public void RepMovs_CountZero_Completes()
    {
        _fixture.Registers.Rsi = Device;
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(0xf3, 0xa4).Outcome);
        Assert.Equal(0x401002ul, _fixture.Registers.Rip);
        Assert.Empty(_fixture.Bus.Log!);
    }

    [Fact]
    public void RepneScasb_EndsAtTheMatch()
    {
        _fixture.Bytes[5] = 0x42;
        _fixture.Registers.Rax = 0x42;
        _fixture.Registers.Rdi = Device;
        _fixture.Registers.Rcx = 100;
        _fixture.Step(0xf2, 0xae);
        Assert.Equal(Device + 6, _fixture.Registers.Rdi);
        Assert.Equal(94ul, _fixture.Registers.Rcx);
        Assert.Equal(0x401002ul, _fixture.Registers.Rip);
    }

    private (ulong Source, ulong Destination, ulong Count) Pointers() =>
        (_fixture.Registers.Rsi, _fixture.Registers.Rdi, _fixture.Registers.Rcx);
}
