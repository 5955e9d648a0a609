using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_eeh_pe_err, vfio.h: an error to be injected.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioEehPeErr
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 24;

    /// <summary>EEH_ERR_TYPE_*.</summary>
    public uint Type;

    /// <summary>EEH_ERR_FUNC_*.</summary>
    public uint Func;

    /// <summary>Address.</summary>
    public ulong Addr;

    /// <summary>Address mask.</summary>
    public ulong Mask;
}
