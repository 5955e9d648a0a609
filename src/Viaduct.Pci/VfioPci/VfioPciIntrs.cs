using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <summary>
/// The device's interrupts (vfio_pci_intrs.c): which kind is in use, and the eventfds that hear it. Settings come
/// with the device's lock held; interrupts come on any thread, with the function's gate held.
/// </summary>
internal sealed partial class VfioPciIntrs(VfioPciDevice device) : IInterruptReceiver
{
    private const uint NoType = VFIO_PCI_NUM_IRQS;

    // Under it nothing else is taken: a device raises interrupts with its gate held.
    private readonly Lock _irqLock = new();
    private uint _type = NoType;
    private EventFdContext? _error;
    private EventFdContext? _request;

    /// <summary>MSI is in use.</summary>
    public bool IsMsi => _type == VFIO_PCI_MSI_IRQ_INDEX;

    private bool IsIntx => _type == VFIO_PCI_INTX_IRQ_INDEX;

    /// <summary>vfio_pci_set_irqs_ioctl. The device's lock is held.</summary>
    public SysResult Set(in IrqRequest request)
    {
        const VfioIrqSetFlags Trigger = VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_TRIGGER;
        return (request.Index, request.Action) switch
        {
            (VFIO_PCI_INTX_IRQ_INDEX, VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_MASK) => MaskIntx(request),
            (VFIO_PCI_INTX_IRQ_INDEX, VfioIrqSetFlags.VFIO_IRQ_SET_ACTION_UNMASK) => UnmaskIntx(request),
            (VFIO_PCI_INTX_IRQ_INDEX, Trigger) => TriggerIntx(request),
            (VFIO_PCI_MSI_IRQ_INDEX or VFIO_PCI_MSIX_IRQ_INDEX, Trigger) => TriggerMessages(request),
            (VFIO_PCI_ERR_IRQ_INDEX, Trigger) => TriggerSingle(request, ref _error),
            (VFIO_PCI_REQ_IRQ_INDEX, Trigger) => TriggerSingle(request, ref _request),
            _ => Errno.ENOTTY,
        };
    }

    /// <summary>Signals the REQ eventfd, where there is one.</summary>
    public void SignalRequest()
    {
        lock (_irqLock)
        {
            _request?.Signal();
        }
    }

    /// <summary>The last close: nothing of the client's stays. The device's lock is held.</summary>
    public void Close()
    {
        if (IsIntx)
        {
            DisableIntx();
        }
        else if (_type != NoType)
        {
            DisableMessages();
        }

        lock (_irqLock)
        {
            _virtuallyDisabled = false;
            Replace(ref _error, null);
            Replace(ref _request, null);
        }
    }

    /// <summary>vfio_pci_set_ctx_trigger_single.</summary>
    private SysResult TriggerSingle(in IrqRequest request, ref EventFdContext? context)
    {
        if (!request.HasEventFds)
        {
            lock (_irqLock)
            {
                return SignalSingle(request, ref context);
            }
        }

        // -1 alone takes the eventfd away; getting one asks the client's world, which no interrupt may wait for.
        if (request.Count == 0 || request.Descriptor(0) < -1)
        {
            return Errno.EINVAL;
        }

        var result = request.GetEventFd(0, out var fresh);
        if (!result.IsError)
        {
            lock (_irqLock)
            {
                Replace(ref context, fresh);
            }
        }

        return result;
    }

    /// <summary>The loop-back; NONE without a count takes the eventfd away. The interrupts' lock is held.</summary>
    private static SysResult SignalSingle(in IrqRequest request, ref EventFdContext? context)
    {
        if (request.HasNoData ? context is null : request.Count == 0)
        {
            return Errno.EINVAL;
        }

        if (request.Count == 0)
        {
            Replace(ref context, null);
        }
        else if (request.Selects(0))
        {
            context?.Signal();
        }

        return SysResult.Success;
    }

    private static void Replace(ref EventFdContext? context, EventFdContext? fresh)
    {
        context?.Dispose();
        context = fresh;
    }
}
