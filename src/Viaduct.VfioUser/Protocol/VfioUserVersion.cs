using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>VFIO_USER_VERSION; behind it <see cref="VfioUserCapabilities"/> as JSON, with a NUL.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserVersion
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 4;

    /// <summary>The version that we speak: 0.0, as QEMU 11.</summary>
    public const ushort OurMajor = 0;

    /// <summary>See <see cref="OurMajor"/>.</summary>
    public const ushort OurMinor = 0;

    /// <summary>Both sides' must be the same.</summary>
    public ushort Major;

    /// <summary>The reply's is the lower one.</summary>
    public ushort Minor;
}
