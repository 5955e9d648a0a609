namespace Viaduct.Pci.Hardware;

/// <content>INTx and messages.</content>
public abstract partial class PciFunction
{
    private bool _intxLevel;
    private bool _intxSeen;

    /// <summary>The INTx line as its receiver sees it: what the model drives, unless COMMAND.INTX_DISABLE or
    /// D3hot.</summary>
    public bool IntxAsserted
    {
        get
        {
            lock (Gate)
            {
                return _intxSeen;
            }
        }
    }

    /// <summary>Drives the function's INTx line, which is level triggered. STATUS.INTERRUPT shows it, also where
    /// COMMAND.INTX_DISABLE keeps it from the receiver.</summary>
    protected void SetIntx(bool asserted)
    {
        lock (Gate)
        {
            _intxLevel = asserted;
            Config.SetBits(PCI_STATUS, 2, PCI_STATUS_INTERRUPT, asserted);
            UpdateIntx();
        }
    }

    /// <summary>Sends a message of the enabled kind (MSI or MSI-X); nothing where neither is enabled, the vector is
    /// masked (it becomes pending) or the function may not master the bus.</summary>
    /// <param name="vector">From zero. MSI with fewer vectors enabled folds it as PCI says.</param>
    /// <returns>True where MSI or MSI-X is enabled, so that a model knows not to use INTx.</returns>
    protected bool SendMessage(int vector)
    {
        lock (Gate)
        {
            if (_msix is { IsEnabled: true })
            {
                _msix.Send(vector);
                return true;
            }

            if (_msi is { IsEnabled: true })
            {
                _msi.Send(vector);
                return true;
            }

            return false;
        }
    }

    private void UpdateIntx()
    {
        var seen = _intxLevel && IsPowered && (Command & PCI_COMMAND_INTX_DISABLE) == 0;
        if (seen != _intxSeen)
        {
            _intxSeen = seen;
            InterruptReceiver?.IntxChanged(seen);
        }
    }
}
