namespace Viaduct.VfioUser.Protocol;

/// <summary>Flags of <see cref="VfioUserDmaUnmap"/>. The specification has none; these are libvfio-user's, with the kernel's values.</summary>
[Flags]
public enum VfioUserDmaUnmapFlags : uint
{
    /// <summary>One mapping.</summary>
    None = 0,

    /// <summary>The reply has a bitmap of the pages that the device wrote.</summary>
    GetDirtyBitmap = 1,

    /// <summary>All mappings; address and size are zero.</summary>
    All = 2,
}
