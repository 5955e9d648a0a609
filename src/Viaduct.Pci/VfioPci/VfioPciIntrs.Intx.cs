using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Pci.VfioPci;

/// <content>INTx: masked as it fires, until the client unmasks it. The mask is the host's, and shows in no
/// register.</content>
internal sealed partial class VfioPciIntrs
{
    private EventFdContext? _intxTrigger;
    private IDisposable? _unmaskWatch;
    private EventFdContext? _unmaskEventFd; // the watch's, and only asked for its identity
    private object? _unmaskOwner;
    private bool _masked;
    private bool _level;

    // COMMAND.INTX_DISABLE as the client set it.
    private bool _virtuallyDisabled;

    /// <inheritdoc/>
    public void IntxChanged(bool asserted)
    {
        lock (_irqLock)
        {
            _level = asserted;
            Fire();
        }
    }

    /// <summary>The client wrote COMMAND.INTX_DISABLE. The device's lock is held.</summary>
    public void SetVirtuallyDisabled(bool disabled)
    {
        lock (_irqLock)
        {
            if (disabled == _virtuallyDisabled)
            {
                return;
            }

            _virtuallyDisabled = disabled;
            if (!disabled)
            {
                Unmask();
            }
            else if (IsIntx)
            {
                _masked = true;
            }
        }
    }

    private SysResult TriggerIntx(in IrqRequest request)
    {
        if (IsIntx && request is { Count: 0, HasNoData: true })
        {
            DisableIntx();
            return SysResult.Success;
        }

        if (!(IsIntx || _type == NoType) || request.Start != 0 || request.Count != 1)
        {
            return Errno.EINVAL;
        }

        if (request.HasEventFds)
        {
            var result = request.GetEventFd(0, out var trigger);
            if (!result.IsError)
            {
                UseIntx(trigger);
            }

            return result;
        }

        if (!IsIntx)
        {
            return Errno.EINVAL;
        }

        if (request.Selects(0))
        {
            lock (_irqLock)
            {
                SignalIntx();
            }
        }

        return SysResult.Success;
    }

    private SysResult MaskIntx(in IrqRequest request)
    {
        if (!IsIntx || request.Start != 0 || request.Count != 1)
        {
            return Errno.EINVAL;
        }

        if (request.HasEventFds)
        {
            return Errno.ENOTTY;
        }

        if (request.Selects(0))
        {
            lock (_irqLock)
            {
                _masked = true;
            }
        }

        return SysResult.Success;
    }

    private SysResult UnmaskIntx(in IrqRequest request)
    {
        if (!IsIntx || request.Start != 0 || request.Count != 1)
        {
            return Errno.EINVAL;
        }

        if (request.HasEventFds)
        {
            return WatchUnmask(request);
        }

        if (request.Selects(0))
        {
            lock (_irqLock)
            {
                Unmask();
            }
        }

        return SysResult.Success;
    }

    /// <summary>vfio_virqfd_enable: from here on the client unmasks by writing to an eventfd.</summary>
    private SysResult WatchUnmask(in IrqRequest request)
    {
        var result = request.GetEventFd(0, out var context);
        if (result.IsError)
        {
            return result;
        }

        if (context is null)
        {
            EndUnmaskWatch();
            return SysResult.Success;
        }

        if (_unmaskEventFd is { } armed)
        {
            if (request.Caller.IsOpen(armed))
            {
                context.Dispose();
                return Errno.EBUSY;
            }

            EndUnmaskWatch();
        }

        var owner = new object();
        lock (_irqLock)
        {
            _unmaskOwner = owner;
        }

        result = EventFdWatcher.Shared.Add(context, () => UnmaskSignalled(owner), out _unmaskWatch);
        _unmaskEventFd = result.IsError ? null : context;
        return result;
    }

    /// <summary>On the watcher's thread; the watch may have ended meanwhile.</summary>
    private void UnmaskSignalled(object owner)
    {
        lock (_irqLock)
        {
            if (ReferenceEquals(_unmaskOwner, owner))
            {
                Unmask();
            }
        }
    }

    private void EndUnmaskWatch()
    {
        lock (_irqLock)
        {
            _unmaskOwner = null;
        }

        _unmaskWatch?.Dispose();
        _unmaskWatch = null;
        _unmaskEventFd = null;
    }

    /// <summary>vfio_intx_enable, or a new eventfd for what is enabled.</summary>
    private void UseIntx(EventFdContext? trigger)
    {
        lock (_irqLock)
        {
            Replace(ref _intxTrigger, trigger);
            if (!IsIntx)
            {
                _type = VFIO_PCI_INTX_IRQ_INDEX;
                _masked = _virtuallyDisabled;
                Fire();
            }
        }
    }

    private void DisableIntx()
    {
        EndUnmaskWatch();
        lock (_irqLock)
        {
            _type = NoType;
            Replace(ref _intxTrigger, null);
        }
    }

    /// <summary>vfio_intx_handler. The interrupts' lock is held.</summary>
    private void Fire()
    {
        if (IsIntx && _level && !_masked)
        {
            _masked = true;
            SignalIntx();
        }
    }

    /// <summary>vfio_pci_intx_unmask_handler: a line that is still up is told again, and stays masked.</summary>
    private void Unmask()
    {
        if (IsIntx && _masked && !_virtuallyDisabled)
        {
            _masked = _level;
            if (_level)
            {
                SignalIntx();
            }
        }
    }

    private void SignalIntx()
    {
        if (!_virtuallyDisabled)
        {
            _intxTrigger?.Signal();
        }
    }
}
