using System.Runtime.InteropServices;
using Iced.Intel;
using Viaduct.Linux;
using static Iced.Intel.AssemblerRegisters;

namespace Viaduct.Supervisor.Tests.X86;

/// <summary>Runs one instruction on the machine's own processor with given registers, vector state and memory.</summary>
/// <remarks>Everything lies below 2 GiB, so that 32-bit addresses reach it. A wrong instruction kills the process.</remarks>
internal sealed unsafe partial class NativeProcessor : IDisposable
{
    public const int ImageBytes = 4096;
    public const int DataBytes = 0x10000;

    /// <summary>x87, SSE, AVX, opmasks and both ZMM components.</summary>
    public const uint Components = 0b1110_0111;

    private const int TotalBytes = 0x20000;
    private const int BlockOffset = 0x1000;
    private const int FlagsOffset = 128;
    private const int OwnStackOffset = 136;
    private const int ImageOffset = 0x2000;
    private const int SlotOffset = 0x4000;
    private const int DataOffset = 0x10000;

    private readonly byte* _base;
    private readonly ulong _epilogue;

    public NativeProcessor()
    {
        const int ReadWriteExecute = 7;
        const int PrivateAnonymousLow = 0x62;
        nint address = Map(0, TotalBytes, ReadWriteExecute, PrivateAnonymousLow, -1, 0);
        Assert.NotEqual(-1, address);
        _base = (byte*)address;
        Assemble(0, WritePrologue);
        _epilogue = (ulong)_base + 0x800;
        Assemble(0x800, WriteEpilogue);
    }

    public ulong InstructionAddress => (ulong)_base + SlotOffset;

    public ulong DataAddress => (ulong)_base + DataOffset;

    public Span<byte> Data => new(_base + DataOffset, DataBytes);

    public Span<byte> Image => new(_base + ImageOffset, ImageBytes);

    private ulong Block => (ulong)_base + BlockOffset;

    private ulong* Slots => (ulong*)(_base + BlockOffset);

    public void Run(ReadOnlySpan<byte> instruction, ref UserRegisters registers)
    {
        Span<byte> slot = new(_base + SlotOffset, 32);
        instruction.CopyTo(slot);
        slot[instruction.Length] = 0xe9; // jmp epilogue
        int distance = (int)((long)_epilogue - (long)InstructionAddress - instruction.Length - 5);
        BitConverter.TryWriteBytes(slot[(instruction.Length + 1)..], distance);

        Exchange(ref registers, load: true);
        ((delegate* unmanaged<void>)_base)();
        Exchange(ref registers, load: false);
        registers.Rip = InstructionAddress + (ulong)instruction.Length;
    }

    public void Dispose() => Assert.Equal(0, Unmap((nint)_base, TotalBytes));

    private void Exchange(ref UserRegisters registers, bool load)
    {
        for (int i = 0; i < 16; i++)
        {
            ref ulong register = ref TestRegisters.Full(ref registers, i);
            if (load)
            {
                Slots[i] = register;
            }
            else
            {
                register = Slots[i];
            }
        }

        ref ulong flags = ref Slots[FlagsOffset / 8];
        if (load)
        {
            flags = registers.EFlags;
        }
        else
        {
            registers.EFlags = flags;
        }
    }

    private void WritePrologue(Assembler code)
    {
        code.push(rbx);
        code.push(rbp);
        code.push(r12);
        code.push(r13);
        code.push(r14);
        code.push(r15);
        code.pushfq();
        code.mov(rcx, (ulong)_base + ImageOffset);
        code.mov(eax, Components);
        code.xor(edx, edx);
        code.xrstor64(__[rcx]);
        code.mov(rax, Block);
        code.mov(__[rax + OwnStackOffset], rsp);
        code.push(__qword_ptr[rax + FlagsOffset]);
        code.popfq();
        for (int i = 15; i >= 0; i--)
        {
            code.mov(Register64(i), __[rax + (i * 8)]);
        }

        code.jmp(InstructionAddress);
    }

    private void WriteEpilogue(Assembler code)
    {
        code.AddInstruction(Instruction.Create(
            Code.Mov_moffs64_RAX, new MemoryOperand(Register.None, (long)Block, 8), Register.RAX));
        code.mov(rax, Block);
        for (int i = 1; i < 16; i++)
        {
            code.mov(__[rax + (i * 8)], Register64(i));
        }

        code.mov(rsp, __[rax + OwnStackOffset]);
        code.pushfq();
        code.pop(__qword_ptr[rax + FlagsOffset]);
        code.mov(rcx, (ulong)_base + ImageOffset);
        code.mov(eax, Components);
        code.xor(edx, edx);
        code.xsave64(__[rcx]);
        code.fninit();
        code.vzeroupper();
        code.popfq();
        code.pop(r15);
        code.pop(r14);
        code.pop(r13);
        code.pop(r12);
        code.pop(rbp);
        code.pop(rbx);
        code.ret();
    }

    private void Assemble(int offset, Action<Assembler> write)
    {
        Assembler assembler = new(64);
        write(assembler);
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), (ulong)_base + (ulong)offset);
        stream.ToArray().CopyTo(new Span<byte>(_base + offset, 0x800));
    }

    private static AssemblerRegister64 Register64(int number) => new(Register.RAX + number);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nint length);
}
