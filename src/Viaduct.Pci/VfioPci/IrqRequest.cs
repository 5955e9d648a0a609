using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <summary>A SET_IRQS whose form has been checked: one kind of data, a range inside the index, all of the
/// data.</summary>
/// <param name="Caller">Whose descriptors the eventfds are.</param>
/// <param name="Flags">One data type and the actions.</param>
/// <param name="Index">VFIO_PCI_*_IRQ_INDEX.</param>
/// <param name="Start">The first interrupt.</param>
/// <param name="Count">How many.</param>
/// <param name="Data">A byte or an int for each, or nothing.</param>
internal readonly record struct IrqRequest(
    Caller Caller, VfioIrqSetFlags Flags, uint Index, uint Start, uint Count, byte[] Data)
{
    public VfioIrqSetFlags Action => Flags & VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TYPE_MASK;

    public bool HasNoData => Flags.HasFlag(VfioIrqSetFlags.VFIO_IRQ_SET_DATA_NONE);

    public bool HasEventFds => Flags.HasFlag(VfioIrqSetFlags.VFIO_IRQ_SET_DATA_EVENTFD);

    /// <summary>NONE means all, BOOL those that are not zero.</summary>
    public bool Selects(uint offset) => HasNoData || Data[offset] != 0;

    public int Descriptor(uint offset)
        => BinaryPrimitives.ReadInt32LittleEndian(Data.AsSpan((int)offset * sizeof(int)));

    /// <summary>The eventfd of an interrupt; null where its descriptor is negative.</summary>
    public SysResult GetEventFd(uint offset, out EventFdContext? context)
    {
        context = null;
        var fd = Descriptor(offset);
        return fd < 0 ? SysResult.Success : Caller.GetEventFd(fd, out context);
    }
}
