using System.Runtime.InteropServices;

namespace Viaduct.VfioUser.Protocol;

/// <summary>A sub-region whose writes an eventfd stands for.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioUserIoEventFd
{
    /// <summary>sizeof, in bytes.</summary>
    public const int StructSize = 40;

    /// <summary>VFIO_USER_IO_FD_TYPE_IOEVENTFD.</summary>
    public const uint IoEventFdType = 0;

    /// <summary>KVM_IOEVENTFD_FLAG_DATAMATCH: only writes of <see cref="DataMatch"/>.</summary>
    public const uint DataMatchFlag = 1;

    /// <summary>Bytes from the region's start.</summary>
    public ulong Offset;

    /// <summary>Bytes of the write.</summary>
    public ulong Size;

    /// <summary>Which of the message's descriptors.</summary>
    public uint FdIndex;

    /// <summary>The kind of descriptor.</summary>
    public uint Type;

    /// <summary>KVM's flags.</summary>
    public uint Flags;

    /// <summary>Zero.</summary>
    public uint Padding;

    /// <summary>The value that is written.</summary>
    public ulong DataMatch;
}
