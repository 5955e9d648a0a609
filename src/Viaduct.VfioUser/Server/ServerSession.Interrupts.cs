using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.VfioUser.Server;

/// <content>Interrupts.</content>
internal sealed partial class ServerSession
{
    // MSI-X has no more.
    private const uint MostVectors = 2048;

    // VFIO_PCI_NUM_IRQS.
    private const uint IrqIndexes = 5;

    /// <summary>VFIO_USER_DEVICE_SET_IRQS. The eventfds beside the message become the ints that the ioctl has behind its structure; none
    /// of them means that the interrupts have none from here on.</summary>
    private SysResult SetIrqs()
    {
        if (!TryGet(VfioIrqSet.Size, out VfioIrqSet set) || set.ArgSz < VfioIrqSet.Size || set.ArgSz > (uint)_payload.Length)
        {
            return Errno.EINVAL;
        }

        if ((set.Flags & VfioIrqSetFlags.VFIO_IRQ_SET_DATA_EVENTFD) == 0)
        {
            return SetIrqs(_payload);
        }

        if (set.Count > MostVectors || (_descriptors.Count != 0 && _descriptors.Count != set.Count))
        {
            return Errno.EINVAL;
        }

        var request = new byte[VfioIrqSet.Size + (set.Count * sizeof(int))];
        set.ArgSz = (uint)request.Length;
        StructBytes.Write(request, set);
        for (var i = 0; i < (int)set.Count; i++)
        {
            StructBytes.Write(request.AsSpan(VfioIrqSet.Size + (i * sizeof(int))), _descriptors.Count == 0 ? -1 : i);
        }

        return SetIrqs(request);
    }

    private SysResult SetIrqs(Memory<byte> request)
    {
        _memory.Show(request);
        _caller.Descriptors = _descriptors;
        var result = _device.Ioctl(_caller, VfioIoctl.VFIO_DEVICE_SET_IRQS, MessageMemory.Base);

        // A positive answer is how many vectors there could have been: nothing was enabled.
        return result.Raw > 0 ? Errno.ENOSPC : result;
    }

    /// <summary>The client's eventfds go with it.</summary>
    private void ForgetInterrupts()
    {
        var request = new byte[VfioIrqSet.Size];
        for (var index = 0u; index < IrqIndexes; index++)
        {
            StructBytes.Write(request, new VfioIrqSet
            {
                ArgSz = VfioIrqSet.Size,
                Flags = VfioIrqSetFlags.VFIO_IRQ_SET_DATA_NONE | VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TRIGGER,
                Index = index,
            });
            _memory.Show(request);

            // EINVAL where it has none.
            _ = _device.Ioctl(_caller, VfioIoctl.VFIO_DEVICE_SET_IRQS, MessageMemory.Base);
        }
    }
}
