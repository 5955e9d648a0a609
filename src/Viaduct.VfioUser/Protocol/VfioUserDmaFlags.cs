namespace Viaduct.VfioUser.Protocol;

/// <summary>Flags of <see cref="VfioUserDmaMap"/>.</summary>
[Flags]
public enum VfioUserDmaFlags : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The device may read.</summary>
    Readable = 1,

    /// <summary>The device may write.</summary>
    Writeable = 2,

    /// <summary>The descriptor's file can be mapped. libvfio-user's; others send a descriptor and say nothing.</summary>
    Mmap = 4,

    /// <summary>The descriptor's file cannot be mapped, but read and written. libvfio-user's.</summary>
    FileIo = 8,
}
