using Iced.Intel;

namespace Viaduct.Supervisor.X86;

/// <summary>The SSE, AVX and AVX-512 part of <see cref="OperationTable"/>. Loads and stores are told apart by operand.</summary>
internal static class VectorOperationTable
{
    /// <summary>The family of a vector instruction with a memory operand, loads for the two-way moves.</summary>
    public static Operation OperationOf(Mnemonic mnemonic)
    {
        if (IsWholeMove(mnemonic) || IsScalarMove(mnemonic))
        {
            return Operation.VectorLoad;
        }

        return mnemonic switch
        {
            Mnemonic.Movlps or Mnemonic.Movlpd or Mnemonic.Movhps or Mnemonic.Movhpd => Operation.VectorInsert,
            Mnemonic.Vmovlps or Mnemonic.Vmovlpd or Mnemonic.Vmovhps or Mnemonic.Vmovhpd => Operation.VectorInsert,
            Mnemonic.Pinsrb or Mnemonic.Pinsrw or Mnemonic.Pinsrd or Mnemonic.Pinsrq => Operation.VectorInsert,
            Mnemonic.Vpinsrb or Mnemonic.Vpinsrw or Mnemonic.Vpinsrd or Mnemonic.Vpinsrq => Operation.VectorInsert,
            Mnemonic.Vinsertf128 or Mnemonic.Vinserti128 => Operation.VectorInsert,
            Mnemonic.Pextrb or Mnemonic.Pextrw or Mnemonic.Pextrd or Mnemonic.Pextrq => Operation.VectorExtract,
            Mnemonic.Vpextrb or Mnemonic.Vpextrw or Mnemonic.Vpextrd or Mnemonic.Vpextrq => Operation.VectorExtract,
            Mnemonic.Extractps or Mnemonic.Vextractps => Operation.VectorExtract,
            Mnemonic.Vextractf128 or Mnemonic.Vextracti128 => Operation.VectorExtract,
            Mnemonic.Vmaskmovps or Mnemonic.Vmaskmovpd => Operation.VectorMaskedLoad,
            Mnemonic.Vpmaskmovd or Mnemonic.Vpmaskmovq => Operation.VectorMaskedLoad,
            _ => IsBroadcast(mnemonic) ? Operation.VectorBroadcast : Operation.Unsupported,
        };
    }

    private static bool IsWholeMove(Mnemonic mnemonic) => mnemonic is
        Mnemonic.Movaps or Mnemonic.Movapd or Mnemonic.Movups or Mnemonic.Movupd
        or Mnemonic.Movdqa or Mnemonic.Movdqu or Mnemonic.Lddqu or Mnemonic.Movntdqa
        or Mnemonic.Movntps or Mnemonic.Movntpd or Mnemonic.Movntdq
        or Mnemonic.Vmovaps or Mnemonic.Vmovapd or Mnemonic.Vmovups or Mnemonic.Vmovupd
        or Mnemonic.Vmovdqa or Mnemonic.Vmovdqu or Mnemonic.Vlddqu or Mnemonic.Vmovntdqa
        or Mnemonic.Vmovntps or Mnemonic.Vmovntpd or Mnemonic.Vmovntdq
        or Mnemonic.Vmovdqa32 or Mnemonic.Vmovdqa64
        or Mnemonic.Vmovdqu8 or Mnemonic.Vmovdqu16 or Mnemonic.Vmovdqu32 or Mnemonic.Vmovdqu64;

    private static bool IsScalarMove(Mnemonic mnemonic) => mnemonic is
        Mnemonic.Movd or Mnemonic.Movq or Mnemonic.Movss or Mnemonic.Movsd
        or Mnemonic.Vmovd or Mnemonic.Vmovq or Mnemonic.Vmovss or Mnemonic.Vmovsd;

    private static bool IsBroadcast(Mnemonic mnemonic) => mnemonic is
        Mnemonic.Vbroadcastss or Mnemonic.Vbroadcastsd or Mnemonic.Vbroadcastf128 or Mnemonic.Vbroadcasti128
        or Mnemonic.Vpbroadcastb or Mnemonic.Vpbroadcastw or Mnemonic.Vpbroadcastd or Mnemonic.Vpbroadcastq
        or Mnemonic.Vbroadcastf32x2 or Mnemonic.Vbroadcastf32x4 or Mnemonic.Vbroadcastf32x8
        or Mnemonic.Vbroadcastf64x2 or Mnemonic.Vbroadcastf64x4
        or Mnemonic.Vbroadcasti32x2 or Mnemonic.Vbroadcasti32x4 or Mnemonic.Vbroadcasti32x8
        or Mnemonic.Vbroadcasti64x2 or Mnemonic.Vbroadcasti64x4;
}
