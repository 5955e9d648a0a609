using System.Runtime.InteropServices;

namespace Viaduct.Abi;

/// <summary>struct vfio_irq_set, vfio.h: VFIO_DEVICE_SET_IRQS.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIrqSet
{
    /// <summary>Bytes that the kernel reads at least; fewer are refused with EINVAL.</summary>
    public const int MinSize = 20;

    /// <summary>sizeof of the struct, in bytes, without the array <c>data</c> that follows it.</summary>
    public const int Size = 20;

    /// <summary>Bytes of this struct and its data.</summary>
    public uint ArgSz;

    /// <summary>What to do, and the kind of data.</summary>
    public VfioIrqSetFlags Flags;

    /// <summary>The interrupt index.</summary>
    public uint Index;

    /// <summary>First interrupt of the range.</summary>
    public uint Start;

    /// <summary>Interrupts in the range.</summary>
    public uint Count;
}
