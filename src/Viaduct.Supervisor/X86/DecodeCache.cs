using Iced.Intel;
using Viaduct.Linux;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// Direct-mapped cache of decoded instructions. An entry is used only while the code bytes are still the same, so that
/// self-modifying code, a new program at the same address and other processes need no invalidation.
/// </summary>
internal sealed class DecodeCache
{
    private const int Slots = 256;
    private const int SlotBytes = 16;
    private const int MaximumInstructionLength = 15;

    private readonly DecodedInstruction[] _entries = new DecodedInstruction[Slots];
    private readonly byte[] _code = new byte[Slots * SlotBytes];
    private readonly CodeBytes _reader = new();
    private readonly Decoder _decoder64;
    private readonly Decoder _decoder32;

    public DecodeCache()
    {
        _decoder64 = Decoder.Create(64, _reader);
        _decoder32 = Decoder.Create(32, _reader);
    }

    /// <summary>Selector of 32-bit user code in Linux (__USER32_CS); every other user selector is 64-bit code.</summary>
    public const ulong UserCode32 = 0x23;

    /// <summary>The instruction at RIP; the reference holds until the next call.</summary>
    public ref readonly DecodedInstruction Get(in UserRegisters registers, ReadOnlySpan<byte> code)
    {
        ulong rip = registers.Rip;
        bool code64 = registers.Cs != UserCode32;
        int slot = (int)((rip ^ (rip >> 8)) % Slots);
        ref DecodedInstruction entry = ref _entries[slot];
        Span<byte> known = _code.AsSpan(slot * SlotBytes, SlotBytes);
        if (entry.Valid && entry.Rip == rip && entry.Code64 == code64 && code.StartsWith(known[..entry.Length]))
        {
            return ref entry;
        }

        Decode(ref entry, rip, code64, code);
        code[..Math.Min(code.Length, SlotBytes)].CopyTo(known);
        return ref entry;
    }

    private void Decode(ref DecodedInstruction entry, ulong rip, bool code64, ReadOnlySpan<byte> code)
    {
        Decoder decoder = code64 ? _decoder64 : _decoder32;
        _reader.Set(code);
        decoder.IP = rip;
        decoder.Decode(out entry.Instruction);
        entry.Rip = rip;
        entry.Code64 = code64;
        entry.Length = (byte)entry.Instruction.Length;
        entry.Valid = !entry.Instruction.IsInvalid;
        OperationTable.Classify(ref entry);
    }

    /// <summary>At most 15 bytes of code: a copy, since the decoder cannot hold a span.</summary>
    private sealed class CodeBytes : CodeReader
    {
        private readonly byte[] _bytes = new byte[MaximumInstructionLength];
        private int _length;
        private int _next;

        public void Set(ReadOnlySpan<byte> code)
        {
            _length = Math.Min(code.Length, _bytes.Length);
            _next = 0;
            code[.._length].CopyTo(_bytes);
        }

        public override int ReadByte() => _next < _length ? _bytes[_next++] : -1;
    }
}
