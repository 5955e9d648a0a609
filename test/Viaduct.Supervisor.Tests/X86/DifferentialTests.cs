using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using Xunit.Abstractions;

namespace Viaduct.Supervisor.Tests.X86;

/// <summary>
/// Every opcode of Iced's table that the emulator accepts, with random operands, against the processor: registers, defined
/// flags, vector and x87 state and memory must be the same. On a processor without an extension its opcodes are left out.
/// </summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private const int CasesPerOpcode = 40;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void EveryOpcode_RandomOperands_LeavesTheProcessorsState(int seed)
    {
        if (!Avx.IsSupported)
        {
            output.WriteLine("no AVX: not run");
            return;
        }

        using Comparison comparison = new(seed);
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (HostFeatures.CanRun(code))
            {
                comparison.RunMany(code, CasesPerOpcode);
            }
        }

        output.WriteLine($"{comparison.Compared} cases of {comparison.Codes.Count} opcodes compared");
        Assert.True(comparison.Failures.Count == 0, string.Join('\n', comparison.Failures.Take(60)));
        Assert.Empty(Expected().Except(comparison.Codes.Select(code => code.Mnemonic())));
    }

    /// <summary>What must be among the accepted: a classification that loses an instruction fails here.</summary>
    private static IEnumerable<Mnemonic> Expected()
    {
        IEnumerable<Mnemonic> mnemonics =
        [
            Mnemonic.Mov, Mnemonic.Movzx, Mnemonic.Movsx, Mnemonic.Movsxd, Mnemonic.Movnti, Mnemonic.Xchg,
            Mnemonic.Cmpxchg, Mnemonic.Cmpxchg8b, Mnemonic.Xadd, Mnemonic.Add, Mnemonic.Adc, Mnemonic.Sub, Mnemonic.Sbb,
            Mnemonic.And, Mnemonic.Or, Mnemonic.Xor, Mnemonic.Cmp, Mnemonic.Test, Mnemonic.Inc, Mnemonic.Dec, Mnemonic.Not,
            Mnemonic.Neg, Mnemonic.Bt, Mnemonic.Bts, Mnemonic.Btr, Mnemonic.Btc, Mnemonic.Shl, Mnemonic.Shr,
            Mnemonic.Sar, Mnemonic.Rol, Mnemonic.Ror, Mnemonic.Rcl, Mnemonic.Rcr, Mnemonic.Shld, Mnemonic.Shrd, Mnemonic.Imul,
            Mnemonic.Mul, Mnemonic.Div, Mnemonic.Idiv, Mnemonic.Cmove, Mnemonic.Cmovg, Mnemonic.Sete, Mnemonic.Setle,
            Mnemonic.Push, Mnemonic.Pop, Mnemonic.Xlatb, Mnemonic.Bsf, Mnemonic.Bsr,
            Mnemonic.Movsb, Mnemonic.Movsw, Mnemonic.Movsd, Mnemonic.Movsq, Mnemonic.Stosb, Mnemonic.Stosq, Mnemonic.Lodsb,
            Mnemonic.Lodsd, Mnemonic.Cmpsb, Mnemonic.Cmpsq, Mnemonic.Scasb, Mnemonic.Scasw,
            Mnemonic.Movd, Mnemonic.Movq, Mnemonic.Movss, Mnemonic.Movaps, Mnemonic.Movups, Mnemonic.Movapd,
            Mnemonic.Movupd, Mnemonic.Movdqa, Mnemonic.Movdqu, Mnemonic.Lddqu, Mnemonic.Movntdq, Mnemonic.Movntps,
            Mnemonic.Movntpd, Mnemonic.Movntdqa, Mnemonic.Movlps, Mnemonic.Movhps, Mnemonic.Movlpd, Mnemonic.Movhpd,
            Mnemonic.Pinsrb, Mnemonic.Pinsrw, Mnemonic.Pinsrd, Mnemonic.Pinsrq, Mnemonic.Pextrb, Mnemonic.Pextrw,
            Mnemonic.Pextrd, Mnemonic.Pextrq, Mnemonic.Extractps, Mnemonic.Maskmovdqu,
            Mnemonic.Vmovd, Mnemonic.Vmovq, Mnemonic.Vmovss, Mnemonic.Vmovsd, Mnemonic.Vmovaps, Mnemonic.Vmovups,
            Mnemonic.Vmovdqa, Mnemonic.Vmovdqu, Mnemonic.Vmovntdq, Mnemonic.Vmovlps, Mnemonic.Vmovhpd, Mnemonic.Vpinsrb,
            Mnemonic.Vpextrw, Mnemonic.Vinsertf128, Mnemonic.Vextractf128, Mnemonic.Vbroadcastss, Mnemonic.Vmaskmovps,
            Mnemonic.Fild, Mnemonic.Fistp, Mnemonic.Fist,
        ];
        if (Avx2.IsSupported)
        {
            mnemonics = mnemonics.Concat([Mnemonic.Vpbroadcastb, Mnemonic.Vpmaskmovq, Mnemonic.Vinserti128]);
        }

        return Avx512BW.IsSupported
            ? mnemonics.Concat([Mnemonic.Vmovdqu8, Mnemonic.Vmovdqu16, Mnemonic.Vmovdqu32, Mnemonic.Vmovdqu64, Mnemonic.Kmovq])
            : mnemonics;
    }
}
