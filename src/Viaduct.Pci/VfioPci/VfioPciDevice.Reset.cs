using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <content>Resets and power states.</content>
public sealed partial class VfioPciDevice
{
    private const int D0 = 0;
    private const int D3Hot = 3;
    private PciSavedState? _stateBeforeSleep;

    /// <summary>How the host would reset the function, as reset_method in sysfs has it; null where it cannot.</summary>
    internal string? ResetMethod
    {
        get
        {
            string? method = null;
            foreach (var capability in Function.Capabilities)
            {
                switch (capability)
                {
                    case PciExpressCapability { HasFunctionLevelReset: true }:
                        return "flr";
                    case { Id: PCI_CAP_ID_AF } when HasAdvancedFeaturesReset(capability):
                        method = "af_flr";
                        break;
                    case PowerManagementCapability { NoSoftReset: false }:
                        method ??= "pm";
                        break;
                    default:
                        break;
                }
            }

            return method;
        }
    }

    /// <summary>pci_try_reset_function: the function loses its state, but for what the host saves. A client's thread
    /// that touches a BAR meanwhile waits for the gate. The device's lock is held.</summary>
    /// <returns>Zero, or ENOTTY where the function has no reset.</returns>
    internal SysResult TryResetFunction()
    {
        if (ResetMethod is null)
        {
            return Errno.ENOTTY;
        }

        lock (Function.Gate)
        {
            var state = PciSavedState.Save(Function);
            Function.ResetLocked(PciResetKind.Function);
            state.Restore(Function);
            Interrupts.RestoreMessages();
            AccessChanged();
        }

        return SysResult.Success;
    }

    /// <summary>vfio_pci_set_power_state: a function that forgets in D3hot gets its state back after it. D1 and D2 do
    /// not exist. The device's lock is held.</summary>
    internal void SetPowerState(int state)
    {
        if (FindPower() is not { } power || state is not (D0 or D3Hot) || power.IsPowered == (state == D0))
        {
            return;
        }

        lock (Function.Gate)
        {
            if (state == D3Hot && !power.NoSoftReset)
            {
                _stateBeforeSleep = PciSavedState.Save(Function);
            }

            var at = power.Offset + PCI_PM_CTRL;
            var control = Function.ReadConfig(at, 2);
            Function.WriteConfig(at, 2, (control & ~(uint)PCI_PM_CTRL_STATE_MASK) | (uint)state);
            if (state == D0 && _stateBeforeSleep is { } saved)
            {
                saved.Restore(Function);
                Interrupts.RestoreMessages();
                _stateBeforeSleep = null;
            }

            AccessChanged();
        }
    }

    private PowerManagementCapability? FindPower()
    {
        foreach (var capability in Function.Capabilities)
        {
            if (capability is PowerManagementCapability power)
            {
                return power;
            }
        }

        return null;
    }

    private bool HasAdvancedFeaturesReset(FunctionCapability capability)
    {
        const uint CanReset = PCI_AF_CAP_FLR | PCI_AF_CAP_TP;
        return (Function.ReadConfig(capability.Offset + PCI_AF_CAP, 1) & CanReset) == CanReset;
    }

    private SysResult Reset()
    {
        lock (_lock)
        {
            if (!_resetWorks)
            {
                return Errno.EINVAL;
            }

            SetPowerState(D0);
            return TryResetFunction();
        }
    }

    /// <summary>Functions sit on a root bus, which has neither slot nor bus reset.</summary>
    private static SysResult GetHotResetInfo(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioPciHotResetInfo.MinSize, out VfioPciHotResetInfo info))
        {
            return Errno.EFAULT;
        }

        return info.ArgSz < VfioPciHotResetInfo.MinSize ? Errno.EINVAL : Errno.ENODEV;
    }

    private SysResult HotReset(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioPciHotReset.MinSize, out VfioPciHotReset reset))
        {
            return Errno.EFAULT;
        }

        // A group's client names groups; only a cdev's may leave the count at zero.
        return reset.ArgSz < VfioPciHotReset.MinSize || reset.Flags != 0
            || (reset.Count != 0) == IsOpenByCdev
            ? Errno.EINVAL
            : Errno.ENODEV;
    }
}
