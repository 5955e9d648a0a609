using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_device_ioeventfd, vfio.h: VFIO_DEVICE_IOEVENTFD.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioDeviceIoeventfd
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 28;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 32;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>Exactly one width.</summary>
    public VfioDeviceIoeventfdFlags Flags;

    /// <summary>Where to write, in the device's file.</summary>
    public ulong Offset;

    /// <summary>What to write.</summary>
    public ulong Data;

    /// <summary>The eventfd; -1 takes it away.</summary>
    public int Fd;

    /// <summary>Reserved.</summary>
    public uint Reserved;
}
