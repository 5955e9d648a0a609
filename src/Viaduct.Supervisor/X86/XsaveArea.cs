using System.Buffers.Binary;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// Vector registers, opmasks and the x87 state inside a standard (non-compacted) XSAVE image. A component whose bit in
/// XSTATE_BV is clear reads as its initial value, whatever its bytes are; writing it initialises the whole component
/// and sets the bit.
/// </summary>
public readonly ref struct XsaveArea
{
    /// <summary>Bytes of the widest register, ZMM.</summary>
    public const int RegisterBytes = 64;

    /// <summary>Bytes of the x87 state at the image's start: FCW to the last data register.</summary>
    internal const int X87Bytes = 160;

    private const int SseOffset = 160;
    private const int HeaderOffset = 512;
    private const int HeaderEnd = 576;
    private const int XmmBytes = 16;
    private const int UpperZmmBytes = 32;
    private const int OpmaskBytes = 8;

    private const int X87Component = 0;
    private const int SseComponent = 1;
    private const int AvxComponent = 2;
    private const int OpmaskComponent = 5;
    private const int UpperZmmComponent = 6;
    private const int HighZmmComponent = 7;

    private readonly Span<byte> _image;
    private readonly XsaveLayout _layout;

    /// <summary>Wraps an image; it is changed in place.</summary>
    /// <param name="image">The image, which may end before components that it does not hold.</param>
    /// <param name="layout">Where its components are.</param>
    public XsaveArea(Span<byte> image, XsaveLayout layout)
    {
        _image = image;
        _layout = layout;
    }

    /// <summary>Whether the image is long enough to hold a header at all.</summary>
    public bool IsValid => _image.Length >= HeaderEnd;

    /// <summary>Whether the opmasks K0-7 are in the image.</summary>
    public bool HasOpmasks => Holds(_layout.Opmasks, 8 * OpmaskBytes);

    /// <summary>Whether a vector register of a width is in the image.</summary>
    /// <param name="index">0 to 31.</param>
    /// <param name="width">16, 32 or 64 bytes.</param>
    public bool HasVector(int index, int width)
    {
        if (index >= 16)
        {
            return Holds(_layout.HighZmm, 16 * RegisterBytes);
        }

        return (width <= 16 || Holds(_layout.UpperYmm, 16 * XmmBytes))
            && (width <= 32 || Holds(_layout.UpperZmm, 16 * UpperZmmBytes));
    }

    /// <summary>Reads all 64 bytes of a vector register; parts that the image lacks read as zero.</summary>
    /// <param name="index">0 to 31; from 16 on, only if <see cref="HasVector"/>.</param>
    /// <param name="value">64 bytes.</param>
    public void ReadVector(int index, scoped Span<byte> value)
    {
        if (index >= 16)
        {
            ReadPart(HighZmmComponent, _layout.HighZmm, index - 16, value);
            return;
        }

        ReadPart(SseComponent, SseOffset, index, value[..16]);
        ReadPart(AvxComponent, _layout.UpperYmm, index, value[16..32]);
        ReadPart(UpperZmmComponent, _layout.UpperZmm, index, value[32..64]);
    }

    /// <summary>Writes all 64 bytes of a vector register; parts that the image lacks are left out.</summary>
    /// <param name="index">0 to 31; from 16 on, only if <see cref="HasVector"/>.</param>
    /// <param name="value">64 bytes.</param>
    public void WriteVector(int index, scoped ReadOnlySpan<byte> value)
    {
        if (index >= 16)
        {
            WritePart(HighZmmComponent, _layout.HighZmm, 16, index - 16, value);
            return;
        }

        WritePart(SseComponent, SseOffset, 16, index, value[..16]);
        WritePart(AvxComponent, _layout.UpperYmm, 16, index, value[16..32]);
        WritePart(UpperZmmComponent, _layout.UpperZmm, 16, index, value[32..64]);
    }

    /// <summary>Reads an opmask register.</summary>
    /// <param name="index">0 to 7, if <see cref="HasOpmasks"/>.</param>
    public ulong ReadOpmask(int index)
    {
        Span<byte> value = stackalloc byte[OpmaskBytes];
        ReadPart(OpmaskComponent, _layout.Opmasks, index, value);
        return BinaryPrimitives.ReadUInt64LittleEndian(value);
    }

    /// <summary>Writes an opmask register.</summary>
    /// <param name="index">0 to 7, if <see cref="HasOpmasks"/>.</param>
    /// <param name="value">The mask.</param>
    public void WriteOpmask(int index, ulong value)
    {
        Span<byte> bytes = stackalloc byte[OpmaskBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        WritePart(OpmaskComponent, _layout.Opmasks, 8, index, bytes);
    }

    /// <summary>The x87 state's bytes to change in place, initialised if the component was in its initial state.</summary>
    internal Span<byte> UseX87()
    {
        Span<byte> state = _image[..X87Bytes];
        if (!InUse(X87Component))
        {
            // MXCSR and its mask, bytes 24 to 31, belong to SSE.
            state[..24].Clear();
            state[32..].Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(state, 0x37f); // FCW after FNINIT
            SetInUse(X87Component);
        }

        return state;
    }

    private bool Holds(int offset, int size) => offset >= HeaderEnd && offset + size <= _image.Length;

    private bool InUse(int component) => (_image[HeaderOffset] & (1 << component)) != 0;

    private void SetInUse(int component) => _image[HeaderOffset] |= (byte)(1 << component);

    private void ReadPart(int component, int offset, int index, scoped Span<byte> value)
    {
        int start = offset + (index * value.Length);
        if (offset == 0 || start + value.Length > _image.Length || !InUse(component))
        {
            value.Clear();
            return;
        }

        _image.Slice(start, value.Length).CopyTo(value);
    }

    private void WritePart(int component, int offset, int count, int index, scoped ReadOnlySpan<byte> value)
    {
        int size = count * value.Length;
        if (offset == 0 || offset + size > _image.Length)
        {
            return;
        }

        if (!InUse(component))
        {
            if (!value.ContainsAnyExcept((byte)0))
            {
                return;
            }

            _image.Slice(offset, size).Clear();
            SetInUse(component);
        }

        value.CopyTo(_image.Slice(offset + (index * value.Length), value.Length));
    }
}
