using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_irq_info, vfio.h: VFIO_DEVICE_GET_IRQ_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIrqInfo
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 16;

    /// <summary>sizeof of the struct, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Bytes that the caller provides.</summary>
    public uint ArgSz;

    /// <summary>What the index can do.</summary>
    public VfioIrqInfoFlags Flags;

    /// <summary>In: the interrupt index.</summary>
    public uint Index;

    /// <summary>Interrupts of that index.</summary>
    public uint Count;
}
