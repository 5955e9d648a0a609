using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct iommufd_vevent_header, iommufd.h: head of an event read from a queue of virtual events.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommufdVeventHeader
{
    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 8;

    /// <summary>Flags.</summary>
    public IommuVeventqFlags Flags;

    /// <summary>Sequence number, 0 to 2147483647.</summary>
    public uint Sequence;
}
