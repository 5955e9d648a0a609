using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_pci_hot_reset_info, vfio.h: VFIO_DEVICE_GET_PCI_HOT_RESET_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioPciHotResetInfo
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 12;

    /// <summary>sizeof of the struct, in bytes, without the array <c>devices</c> that follows it.</summary>
    public const int Size = 12;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>How devices are named.</summary>
    public VfioPciHotResetFlags Flags;

    /// <summary>Number of <see cref="VfioPciDependentDevice"/> that follow.</summary>
    public uint Count;
}
