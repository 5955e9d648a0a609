using Viaduct.Linux;
using Viaduct.Supervisor.X86;

namespace Viaduct.Supervisor.Tests.X86;

public sealed class InstructionEmulatorTests
{
    private const ulong Device = EmulatorFixture.Device;
    private const ulong Memory = EmulatorFixture.Memory;

    private readonly EmulatorFixture _fixture = new();

    [Fact]
    public void MovLoad_Unaligned_IsOneAccessOfItsWidth()
    {
        _fixture.Bytes[0x13] = 0x5a;
        _fixture.Registers.Rax = ulong.MaxValue;
        _fixture.Registers.Rbx = Device + 0x13;
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(0x8b, 0x03).Outcome); // mov eax,[rbx]
        Assert.Equal("R4@13", _fixture.Accesses);
        Assert.Equal(0x5aul, _fixture.Registers.Rax);
        Assert.Equal(0x401002ul, _fixture.Registers.Rip);
    }

    [Fact]
    public void LockedOr_IsOneReadAndOneWrite()
    {
        _fixture.Registers.Rbx = Device;
        _fixture.Step(0xf0, 0x83, 0x0b, 0x01); // lock or dword [rbx],1
        Assert.Equal("R4@0 W4@0", _fixture.Accesses);
    }

    [Fact]
    public void CompareExchange_Unequal_WritesTheOldValueBack()
    {
        _fixture.Bytes[0] = 7;
        _fixture.Registers.Rbx = Device;
        _fixture.Step(0xf0, 0x0f, 0xb1, 0x0b); // lock cmpxchg [rbx],ecx
        Assert.Equal("R4@0 W4@0", _fixture.Accesses);
        Assert.Equal(7ul, _fixture.Registers.Rax);
        Assert.Equal(7, _fixture.Bytes[0]);
    }

    [Fact]
    public void FsAndGsOverrides_AddTheSegmentsBase()
    {
        _fixture.Registers.FsBase = Device;
        _fixture.Registers.GsBase = Device + 0x100;
        _fixture.Registers.Rbx = 8;
        _fixture.Step(0x64, 0x8b, 0x03); // mov eax,fs:[rbx]
        _fixture.Registers.Rip = 0x402000;
        _fixture.Step(0x65, 0x8b, 0x03);
        Assert.Equal("R4@8 R4@108", _fixture.Accesses);
    }

    [Fact]
    public void Code32_DecodesAs32Bit()
    {
        _fixture.Registers.Cs = TestRegisters.UserCode32;
        _fixture.Registers.Rbx = 0xffff_ffff_0000_0000 | Device;
        _fixture.Registers.Rcx = 2;
        _fixture.Step(0x40); // inc eax: a prefix in 64-bit code
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(0x8b, 0x04, 0xcb).Outcome); // mov eax,[ebx+ecx*8]
        Assert.Equal("R4@10", _fixture.Accesses);
        _fixture.Registers.Rsp = Memory + 0x10;
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(0xff, 0x33).Outcome); // push dword [ebx]
        Assert.Equal(Memory + 0xc, _fixture.Registers.Rsp);
    }

    [Fact]
    public void CodeChangedInPlace_IsDecodedAgain()
    {
        _fixture.Registers.Rbx = Device;
        UserRegisters start = _fixture.Registers;
        _fixture.Step(0x8b, 0x03);
        _fixture.Registers = start;
        _fixture.Step(0x8a, 0x03); // mov al,[rbx]
        _fixture.Registers = start with { Cs = TestRegisters.UserCode32 };
        _fixture.Step(0x8b, 0x03);
        Assert.Equal("R4@0 R1@0 R4@0", _fixture.Accesses);
    }

    [Fact]
    public void OperandInOrdinaryMemory_IsNotDevice()
    {
        _fixture.Registers.Rbx = Memory;
        UserRegisters start = _fixture.Registers;
        Assert.Equal(EmulationOutcome.NotDevice, _fixture.Step(0x8b, 0x03).Outcome);
        _fixture.Registers.Rbx = Device;
        Assert.Equal(EmulationOutcome.NotDevice, _fixture.StepAt(Memory, [0x8b, 0x03]).Outcome);
        Assert.Equal(EmulationOutcome.NotDevice, _fixture.Step(0x50).Outcome); // push rax, to memory
        Assert.Equal(start with { Rbx = Device }, _fixture.Registers);
        Assert.Empty(_fixture.Bus.Log!);
    }

    [Fact]
    public void DeviceError_LeavesRegistersAndNamesTheAddress()
    {
        _fixture.Registers.Rbx = Device + 8;
        _fixture.Bus.Broken = Device + 9;
        UserRegisters start = _fixture.Registers;
        EmulationResult result = _fixture.Step(0x01, 0x03); // add [rbx],eax
        Assert.Equal(new EmulationResult(EmulationOutcome.DeviceError, Device + 8), result);
        Assert.Equal(start, _fixture.Registers);
    }

    [Fact]
    public void PushOfDeviceRegister_StackUnwritable_FaultsAtTheStack()
    {
        _fixture.Registers.Rbx = Device;
        _fixture.Bus.Broken = Memory + 0x7f8;
        UserRegisters start = _fixture.Registers;
        EmulationResult result = _fixture.Step(0xff, 0x33); // push qword [rbx]
        Assert.Equal(new EmulationResult(EmulationOutcome.MemoryFault, Memory + 0x7f8), result);
        Assert.Equal(start, _fixture.Registers);
    }

    [Fact]
    public void DivideByZero_IsDivideError()
    {
        _fixture.Registers.Rbx = Device;
        Assert.Equal(EmulationOutcome.DivideError, _fixture.Step(0xf7, 0x33).Outcome); // div dword [rbx]
        Assert.Equal(0x401000ul, _fixture.Registers.Rip);
    }

    [Theory]
    [InlineData("fxsave [rax] (0f ae 00) at 0x401000", new byte[] { 0x0f, 0xae, 0x00, 0x90 })]
    [InlineData("paddd xmm0,[rax] (66 0f fe 00) at 0x401000", new byte[] { 0x66, 0x0f, 0xfe, 0x00 })]
    [InlineData("fld st,qword ptr [rax] (dd 00) at 0x401000", new byte[] { 0xdd, 0x00 })]
    [InlineData("call qword ptr [rax] (ff 10) at 0x401000", new byte[] { 0xff, 0x10 })]
    [InlineData("movq mm0,[rax] (0f 6f 00) at 0x401000", new byte[] { 0x0f, 0x6f, 0x00 })]
    [InlineData("unknown instruction (06) at 0x401000", new byte[] { 0x06 })]
    [InlineData("unreadable code at 0x401000", new byte[0])]
    public void Unsupported_IsNamedAndDoesNothing(string description, byte[] code)
    {
        _fixture.Registers.Rax = Device;
        UserRegisters start = _fixture.Registers;
        Assert.Equal(EmulationOutcome.Unsupported, _fixture.Step(code).Outcome);
        Assert.Equal(description, UnsupportedInstruction.Describe(_fixture.Registers, code));
        Assert.Equal(start, _fixture.Registers);
        Assert.Empty(_fixture.Bus.Log!);
    }

    [Fact]
    public void Prefetch_AccessesNothing()
    {
        _fixture.Registers.Rax = Device;
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(0x0f, 0x18, 0x08).Outcome);
        Assert.Empty(_fixture.Bus.Log!);
    }

    [Fact]
    public void VectorLoad_Unaligned_ComesInNaturallyAlignedPieces()
    {
        _fixture.Registers.Rax = Device + 5;
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(0x0f, 0x10, 0x00).Outcome); // movups xmm0,[rax]
        Assert.Equal("R1@5 R2@6 R8@8 R4@10 R1@14", _fixture.Accesses);
        Assert.True(_fixture.Vectors.Changed);
    }

    [Fact]
    public void VectorStore_AcrossThePagesEnd_WritesBothSides()
    {
        _fixture.Image[512] = 2;
        _fixture.Image.AsSpan(160, 16).Fill(0x77);
        _fixture.Registers.Rax = Memory - 8;
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(0x0f, 0x11, 0x00).Outcome); // movups [rax],xmm0
        Assert.Equal("W8@ff8", _fixture.Accesses);
        Assert.Equal(Enumerable.Repeat((byte)0x77, 16), _fixture.Bytes[0xff8..0x1008]);
        Assert.False(_fixture.Vectors.Changed);
    }

    [Fact]
    public void AlignedVectorMove_Misaligned_IsGeneralProtection()
    {
        _fixture.Registers.Rax = Device + 8;
        Assert.Equal(EmulationOutcome.GeneralProtection, _fixture.Step(0x0f, 0x28, 0x00).Outcome); // movaps xmm0,[rax]
        Assert.Empty(_fixture.Bus.Log!);
    }

    [Fact]
    public void IntegerInstruction_DoesNotFetchVectorState()
    {
        _fixture.Registers.Rbx = Device;
        _fixture.Step(0x8b, 0x03);
        Assert.Equal(0, _fixture.Vectors.Fetches);
    }

    [Theory]
    [InlineData(new byte[] { 0x8b, 0x03 })] // mov eax,[rbx]
    [InlineData(new byte[] { 0xc7, 0x03, 1, 2, 3, 4 })] // mov dword [rbx],imm32
    [InlineData(new byte[] { 0xf0, 0x48, 0x0f, 0xc1, 0x0b })] // lock xadd [rbx],rcx
    [InlineData(new byte[] { 0xf3, 0xa4 })] // rep movsb
    [InlineData(new byte[] { 0x0f, 0x11, 0x03 })] // movups [rbx],xmm0
    public void SteadyState_AllocatesNothing(byte[] code)
    {
        _fixture.Bus.Log = null;
        _fixture.Registers.Rbx = _fixture.Registers.Rsi = Device;
        _fixture.Registers.Rdi = Memory;
        _fixture.Registers.Rcx = 100;
        UserRegisters start = _fixture.Registers;
        Assert.Equal(EmulationOutcome.Completed, _fixture.Step(code).Outcome);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                _fixture.Registers = start;
                _fixture.Step(code);
            }
        }));
    }
}
