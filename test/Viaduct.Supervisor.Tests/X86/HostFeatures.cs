using System.Runtime.Intrinsics.X86;
using Iced.Intel;

namespace Viaduct.Supervisor.Tests.X86;

/// <summary>Which of the instructions that Iced knows this processor has; a feature not listed counts as missing.</summary>
internal static class HostFeatures
{
    private static readonly int s_leaf7 = X86Base.IsSupported ? X86Base.CpuId(7, 0).Ebx : 0;
    private static readonly int s_leaf1 = X86Base.IsSupported ? X86Base.CpuId(1, 0).Ecx : 0;

    public static bool CanRun(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (!Has(feature))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Has(CpuidFeature feature) => feature switch
    {
        CpuidFeature.INTEL8086 or CpuidFeature.INTEL186 or CpuidFeature.INTEL286 or CpuidFeature.INTEL386 => true,
        CpuidFeature.INTEL486 or CpuidFeature.X64 or CpuidFeature.CMOV or CpuidFeature.CX8 => true,
        CpuidFeature.SSE or CpuidFeature.SSE2 or CpuidFeature.CLFSH => true,
        CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 => true,
        CpuidFeature.SSE3 => Sse3.IsSupported,
        CpuidFeature.SSSE3 => Ssse3.IsSupported,
        CpuidFeature.SSE4_1 => Sse41.IsSupported,
        CpuidFeature.SSE4_2 => Sse42.IsSupported,
        CpuidFeature.CMPXCHG16B => (s_leaf1 & (1 << 13)) != 0,
        CpuidFeature.MOVBE => (s_leaf1 & (1 << 22)) != 0,
        CpuidFeature.POPCNT => Popcnt.IsSupported,
        CpuidFeature.LZCNT => Lzcnt.IsSupported,
        CpuidFeature.BMI1 => Bmi1.IsSupported,
        CpuidFeature.BMI2 => Bmi2.IsSupported,
        CpuidFeature.ADX => (s_leaf7 & (1 << 19)) != 0,
        CpuidFeature.AVX => Avx.IsSupported,
        CpuidFeature.AVX2 => Avx2.IsSupported,
        CpuidFeature.AVX512F => Avx512F.IsSupported,
        CpuidFeature.AVX512VL => Avx512F.VL.IsSupported,
        CpuidFeature.AVX512BW => Avx512BW.IsSupported,
        CpuidFeature.AVX512DQ => Avx512DQ.IsSupported,
        _ => false,
    };
}
