using System.Runtime.Intrinsics.X86;

namespace Viaduct.Supervisor.X86;

/// <summary>
/// Where the components lie in a standard XSAVE image, Intel SDM volume 1, 13.4. Offsets and sizes are bytes; offset 0 is a
/// component that the processor lacks.
/// </summary>
public sealed class XsaveLayout
{
    private const int StateLeaf = 0xd;

    private XsaveLayout(int upperYmm, int opmasks, int upperZmm, int highZmm)
    {
        UpperYmm = upperYmm;
        Opmasks = opmasks;
        UpperZmm = upperZmm;
        HighZmm = highZmm;
    }

    /// <summary>This machine's layout, from CPUID leaf 0xD.</summary>
    public static XsaveLayout Host { get; } = new(Offset(2), Offset(5), Offset(6), Offset(7));

    /// <summary>Bits 128 to 255 of YMM0-15 (component 2).</summary>
    public int UpperYmm { get; }

    /// <summary>K0-7 (component 5).</summary>
    public int Opmasks { get; }

    /// <summary>Bits 256 to 511 of ZMM0-15 (component 6).</summary>
    public int UpperZmm { get; }

    /// <summary>ZMM16-31 (component 7).</summary>
    public int HighZmm { get; }

    private static int Offset(int component)
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < StateLeaf)
        {
            return 0;
        }

        (int size, int offset, _, _) = X86Base.CpuId(StateLeaf, component);
        return size > 0 ? offset : 0;
    }
}
