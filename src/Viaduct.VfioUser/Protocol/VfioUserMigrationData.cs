using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>VFIO_USER_MIG_DATA_READ and VFIO_USER_MIG_DATA_WRITE; the data is behind it in the reply to the one, and in the other.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserMigrationData
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 8;

    /// <summary>Bytes of the reply's payload: how many there may be, or there are.</summary>
    public uint ArgSz;

    /// <summary>Bytes of data.</summary>
    public uint Size;
}
