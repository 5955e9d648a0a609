using Viaduct.Abi;
using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <content>Resets and power states.</content>
public sealed partial class VfioPciDevice
{
    private const int D0 = 0;
    private const int D3Hot = 3;
    private PciSavedState? _stateBeforeSleep;

    /// <summary>pci_try_reset_function. The device's lock is held.</summary>
    /// <returns>Zero, or ENOTTY where the function has no reset of its own.</returns>
    internal SysResult TryResetFunction()
    {
        if (Pci.FindReset() is not { } kind)
        {
            return Errno.ENOTTY;
        }

        ResetFunction(kind);
        return SysResult.Success;
    }

    /// <summary>The function loses its state, but for what the host saves. A client's thread that touches a BAR meanwhile waits
    /// for the gate. The device's lock is held.</summary>
    internal void ResetFunction(PciResetKind kind)
    {
        lock (Function.Gate)
        {
            var state = PciSavedState.Save(Function);
            Function.ResetLocked(kind);
            state.Restore(Function);
            Interrupts.RestoreMessages();
            AccessChanged();
        }

        ResetVirtualFunctions();
        RestartMigration();
    }

    /// <summary>Without their physical function there are none for a moment (PCIe 5.0, 9.2.2.2): they come back as after power
    /// on.</summary>
    private void ResetVirtualFunctions()
    {
        foreach (var function in Pci.VirtualFunctions)
        {
            function.Function.Reset(PciResetKind.Function);
        }
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

    /// <summary>pci_reset_function, for who asks through sysfs.</summary>
    internal SysResult ResetByHost()
    {
        lock (_lock)
        {
            SetPowerState(D0);
            return TryResetFunction();
        }
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
}
