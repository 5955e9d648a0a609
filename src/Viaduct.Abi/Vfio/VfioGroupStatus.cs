using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_group_status, vfio.h: VFIO_GROUP_GET_STATUS.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioGroupStatus
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 8;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>State of the group.</summary>
    public VfioGroupStatusFlags Flags;
}
