using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <content>IOEVENTFD: eventfds that write a register, on the watcher's thread.</content>
public sealed partial class VfioPciDevice
{
    /// <summary>VFIO_PCI_IOEVENTFD_MAX.</summary>
    private const int MostIoeventfds = 1000;

    private readonly Dictionary<Doorbell, IDisposable> _doorbells = [];

    /// <summary>Hears of a model's exception in a write that an eventfd caused, which is a bug in the model; null for tests, where it
    /// ends the process.</summary>
    public Action<Exception>? ModelFailed { get; init; }

    /// <summary>vfio_pci_ioctl_ioeventfd.</summary>
    private SysResult Ioeventfd(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioDeviceIoeventfd.MinSize, out VfioDeviceIoeventfd request))
        {
            return Errno.EFAULT;
        }

        const uint Widths = (uint)VfioDeviceIoeventfdFlags.VFIO_DEVICE_IOEVENTFD_SIZE_MASK;
        var width = (uint)request.Flags;
        if (request.ArgSz < VfioDeviceIoeventfd.MinSize || (width & ~Widths) != 0 || width is not (1 or 2 or 4 or 8)
            || request.Fd < -1)
        {
            return Errno.EINVAL;
        }

        var index = request.Offset >> RegionShift;
        var position = request.Offset & RegionMask;
        if (FindBar(index) is not { } bar || position + width > bar.Size || IsInMsixTable(bar, position, width))
        {
            return Errno.EINVAL;
        }

        lock (_lock)
        {
            return SetDoorbell(caller, new Doorbell(bar, position, request.Data, (int)width), request.Fd);
        }
    }

    /// <summary>vfio_pci_ioeventfd, behind the checks of its range.</summary>
    private SysResult SetDoorbell(Caller caller, in Doorbell doorbell, int fd)
    {
        if (_doorbells.TryGetValue(doorbell, out var known))
        {
            if (fd != -1)
            {
                return Errno.EEXIST;
            }

            known.Dispose();
            _doorbells.Remove(doorbell);
            return SysResult.Success;
        }

        if (fd < 0)
        {
            return Errno.ENODEV;
        }

        if (_doorbells.Count >= MostIoeventfds)
        {
            return Errno.ENOSPC;
        }

        var result = caller.GetEventFd(fd, out var context);
        if (result.IsError)
        {
            return result;
        }

        var rung = doorbell;
        result = EventFdWatcher.Shared.Add(context!, () => Ring(rung), out var watch);
        if (!result.IsError)
        {
            _doorbells.Add(doorbell, watch!);
        }

        return result;
    }

    /// <summary>vfio_pci_ioeventfd_handler: a register that does not answer is not written, now or later.</summary>
    private void Ring(in Doorbell doorbell)
    {
        try
        {
            lock (Function.Gate)
            {
                var bar = doorbell.Bar;
                if (!_isStopped && (bar.Kind.HasFlag(PciBarKind.Io) ? Function.IoDecoded : _memoryEnabled))
                {
                    Function.WriteBarLocked(bar.Index, doorbell.Position, doorbell.Width, doorbell.Data);
                }
            }
        }
#pragma warning disable CA1031 // a plug-in's bug must not take the other devices down
        catch (Exception bug) when (ModelFailed is not null)
#pragma warning restore CA1031
        {
            ModelFailed(bug);
        }
    }

    private void EndDoorbells()
    {
        foreach (var watch in _doorbells.Values)
        {
            watch.Dispose();
        }

        _doorbells.Clear();
    }

    private bool IsInMsixTable(PciBar bar, ulong position, ulong width)
        => Function.Msix is { } msix && msix.TableBar == bar.Index
            && position + width > msix.TableOffset && position < msix.TableOffset + msix.TableSize;

    /// <summary>What tells one from another.</summary>
    private readonly record struct Doorbell(PciBar Bar, ulong Position, ulong Data, int Width);
}
