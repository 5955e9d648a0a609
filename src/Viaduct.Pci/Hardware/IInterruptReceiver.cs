namespace Viaduct.Pci.Hardware;

/// <summary>Where a function's interrupts arrive: the host's interrupt controller. Called on any thread, with or
/// without the function's gate held; it must not call back into the function.</summary>
public interface IInterruptReceiver
{
    /// <summary>The INTx line changed its level; COMMAND.INTX_DISABLE has been taken into account.</summary>
    void IntxChanged(bool asserted);

    /// <summary>An MSI or MSI-X message arrived.</summary>
    /// <param name="vector">Its number, from zero.</param>
    void MessageArrived(int vector);
}
