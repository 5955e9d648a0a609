using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_pci_hot_reset, vfio.h: VFIO_DEVICE_PCI_HOT_RESET.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioPciHotReset
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 12;

    /// <summary>sizeof of the struct, in bytes, without the array <c>group_fds</c> that follows it.</summary>
    public const int Size = 12;

    /// <summary>Bytes of this struct and its array.</summary>
    public uint ArgSz;

    /// <summary>0.</summary>
    public uint Flags;

    /// <summary>Number of group file descriptors (s32) that follow; 0 for a cdev.</summary>
    public uint Count;
}
