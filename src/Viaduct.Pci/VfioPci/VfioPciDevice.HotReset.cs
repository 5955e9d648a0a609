using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <content>Hot reset: the bus as a whole, by who owns everything on it.</content>
public sealed partial class VfioPciDevice
{
    // The last close found no way to reset this function alone: its bus is reset once nobody has a device of it.
    private bool _needsReset;

    /// <summary>vfio_pci_ioctl_get_pci_hot_reset_info.</summary>
    private SysResult GetHotResetInfo(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioPciHotResetInfo.MinSize, out VfioPciHotResetInfo info))
        {
            return Errno.EFAULT;
        }

        if (info.ArgSz < VfioPciHotResetInfo.MinSize)
        {
            return Errno.EINVAL;
        }

        if (!Pci.Bus.CanReset)
        {
            return Errno.ENODEV;
        }

        var functions = Pci.Bus.Functions;
        info.Flags = VfioPciHotResetFlags.None;
        info.Count = (uint)functions.Count;
        if (info.Count > (info.ArgSz - VfioPciHotResetInfo.Size) / VfioPciDependentDevice.Size)
        {
            return caller.Memory.TryWrite(argument, info) ? Errno.ENOSPC : Errno.EFAULT;
        }

        // Without an IOMMU, VFIO makes groups for its own devices only.
        if (!IsOpenByCdev && functions.Any(function => function is { Vfio: null, Group.IsNoIommu: true }))
        {
            return Errno.EPERM;
        }

        var entries = new byte[functions.Count * VfioPciDependentDevice.Size];
        lock (Gate)
        {
            info.Flags = DescribeBus(functions, entries);
        }

        return caller.Memory.TryWrite(argument + VfioPciHotResetInfo.Size, entries) && caller.Memory.TryWrite(argument, info)
            ? SysResult.Success
            : Errno.EFAULT;
    }

    /// <summary>vfio_pci_fill_devs: groups for a group's client, ids of its iommufd for the client of a device's node.</summary>
    private VfioPciHotResetFlags DescribeBus(IReadOnlyList<PciDevice> functions, Span<byte> entries)
    {
        var flags = IsOpenByCdev
            ? VfioPciHotResetFlags.VFIO_PCI_HOT_RESET_FLAG_DEV_ID | VfioPciHotResetFlags.VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED
            : VfioPciHotResetFlags.None;
        foreach (var function in functions)
        {
            var id = function.Group.Id;
            if (IsOpenByCdev)
            {
                id = function.Vfio is { } device ? VfioDeviceSet.FindId(this, device) : VfioDeviceSet.NotOwned;
                if (id == VfioDeviceSet.NotOwned)
                {
                    flags &= ~VfioPciHotResetFlags.VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED;
                }
            }

            BinaryPrimitives.WriteInt32LittleEndian(entries, id);
            BinaryPrimitives.WriteUInt16LittleEndian(entries[4..], function.Address.Domain);
            entries[6] = function.Address.Bus;
            entries[7] = function.Address.DevFn;
            entries = entries[VfioPciDependentDevice.Size..];
        }

        return flags;
    }

    /// <summary>vfio_pci_ioctl_pci_hot_reset.</summary>
    private SysResult HotReset(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioPciHotReset.MinSize, out VfioPciHotReset reset))
        {
            return Errno.EFAULT;
        }

        // A group's client names groups; only a cdev's may leave the count at zero.
        if (reset.ArgSz < VfioPciHotReset.MinSize || reset.Flags != 0 || (reset.Count != 0) == IsOpenByCdev)
        {
            return Errno.EINVAL;
        }

        if (!Pci.Bus.CanReset)
        {
            return Errno.ENODEV;
        }

        // One group a device is the most that can make sense.
        if (reset.Count > Pci.Bus.Functions.Count)
        {
            return Errno.EINVAL;
        }

        var bytes = new byte[reset.Count * sizeof(int)];
        if (bytes.Length != 0 && !caller.Memory.TryRead(argument + VfioPciHotReset.Size, bytes))
        {
            return Errno.EFAULT;
        }

        var descriptors = new int[reset.Count];
        for (var i = 0; i < descriptors.Length; i++)
        {
            descriptors[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * sizeof(int)));
        }

        lock (Gate)
        {
            return HotReset(caller, descriptors);
        }
    }

    /// <summary>vfio_pci_dev_set_hot_reset. The core's lock is held.</summary>
    private SysResult HotReset(Caller caller, int[] descriptors)
    {
        if (descriptors.Length == 0)
        {
            return _set.IsOwnedWith(this) ? ResetBus() : Errno.EINVAL;
        }

        var found = VfioDeviceSet.GetGroups(caller, descriptors, out var groups);
        return found.IsError ? found : _set.IsCoveredBy(groups) ? ResetBus() : Errno.EINVAL;
    }

    /// <summary>Takes the locks of all devices of the bus, one after the other (only who holds the core's lock takes more than
    /// one), and resets it: each function loses its state but for what the host saves.</summary>
    /// <returns>Zero; EINVAL where another driver has a function of the bus, or one is of another set.</returns>
    private SysResult ResetBus()
    {
        var devices = new List<VfioPciDevice>();
        foreach (var function in Pci.Bus.Functions)
        {
            if (function.Vfio is not { } device || device._set != _set)
            {
                return Errno.EINVAL;
            }

            devices.Add(device);
        }

        var held = 0;
        try
        {
            foreach (var device in devices)
            {
                device._lock.Enter();
                held++;
                device.SetPowerState(D0);
            }

            foreach (var device in devices)
            {
                device.ResetFunction(PciResetKind.Bus);
                device._needsReset = false;
            }
        }
        finally
        {
            while (held > 0)
            {
                devices[--held]._lock.Exit();
            }
        }

        return SysResult.Success;
    }

    /// <summary>vfio_pci_dev_set_try_reset, after the last close of this device: the core's lock is held, the device's own is
    /// not.</summary>
    private void TryResetUnusedBus()
    {
        if (!Pci.Bus.CanReset || _set.IsAnotherOpen(this))
        {
            return;
        }

        foreach (var function in Pci.Bus.Functions)
        {
            if (function.Vfio is { _needsReset: true })
            {
                _ = ResetBus();
                return;
            }
        }
    }
}
