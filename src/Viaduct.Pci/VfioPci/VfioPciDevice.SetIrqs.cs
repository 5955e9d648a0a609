using Viaduct.Abi;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <content>SET_IRQS: the checks that come before any bus's own (vfio_set_irqs_validate_and_prepare).</content>
public sealed partial class VfioPciDevice
{
    private const VfioIrqSetFlags AllIrqFlags =
        VfioIrqSetFlags.VFIO_IRQ_SET_DATA_TYPE_MASK | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TYPE_MASK;

    private SysResult SetIrqs(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioIrqSet.MinSize, out VfioIrqSet set))
        {
            return Errno.EFAULT;
        }

        var length = CheckIrqSet(set);
        if (length.IsError)
        {
            return length;
        }

        var data = length.Raw == 0 ? [] : new byte[length.Raw];
        if (data.Length != 0 && !caller.Memory.TryRead(argument + VfioIrqSet.Size, data))
        {
            return Errno.EFAULT;
        }

        lock (_lock)
        {
            return Interrupts.Set(new IrqRequest(caller, set.Flags, set.Index, set.Start, set.Count, data));
        }
    }

    /// <returns>Bytes of the data, or EINVAL.</returns>
    private SysResult CheckIrqSet(in VfioIrqSet set)
    {
        var count = CountIrqs(set.Index);
        if (set.ArgSz < VfioIrqSet.MinSize || set.Index >= VFIO_PCI_NUM_IRQS || set.Count >= uint.MaxValue - set.Start
            || (set.Flags & ~AllIrqFlags) != 0 || set.Start >= count || set.Start + set.Count > count)
        {
            return Errno.EINVAL;
        }

        uint width;
        switch (set.Flags & VfioIrqSetFlags.VFIO_IRQ_SET_DATA_TYPE_MASK)
        {
            case VfioIrqSetFlags.VFIO_IRQ_SET_DATA_NONE:
                width = 0;
                break;
            case VfioIrqSetFlags.VFIO_IRQ_SET_DATA_BOOL:
                width = sizeof(byte);
                break;
            case VfioIrqSetFlags.VFIO_IRQ_SET_DATA_EVENTFD:
                width = sizeof(int);
                break;
            default:
                return Errno.EINVAL;
        }

        return set.ArgSz - VfioIrqSet.MinSize < set.Count * width
            ? Errno.EINVAL
            : SysResult.FromValue(set.Count * width);
    }
}
