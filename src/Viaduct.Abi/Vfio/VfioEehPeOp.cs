using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_eeh_pe_op, vfio.h: VFIO_EEH_PE_OP.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioEehPeOp
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 12;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 40;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>One of <see cref="VfioEeh"/>.</summary>
    public uint Op;

    /// <summary>For VFIO_EEH_PE_INJECT_ERR.</summary>
    public VfioEehPeErr Err;
}
