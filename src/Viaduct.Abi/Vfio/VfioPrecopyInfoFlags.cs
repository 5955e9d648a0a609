namespace Viaduct.Abi;

/// <summary><see cref="VfioPrecopyInfo.Flags"/>, vfio.h.</summary>
[Flags]
public enum VfioPrecopyInfoFlags : uint
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>The initial data has grown since it was last reported.</summary>
    VFIO_PRECOPY_INFO_REINIT = 1 << 0,
}
