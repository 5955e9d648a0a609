using Viaduct.Iommu;

namespace Viaduct.Pci.Hardware;

/// <summary>
/// A PCI function as a chip: configuration registers, BARs, interrupts, resets. Models derive from it. It is the
/// hardware only; what Linux's vfio-pci makes of it for a client is <c>VfioPciDevice</c>.
/// </summary>
/// <remarks>
/// Lock order: the VFIO core's locks, then <see cref="Gate"/>. DMA and interrupts may be issued with or without the
/// gate; long transfers belong on <see cref="Executor"/> without it.
/// </remarks>
public abstract class PciFunction
{
    private readonly PciBar?[] _bars = new PciBar?[6];

    /// <summary>A function after power on, in D0, with nothing decoded.</summary>
    protected PciFunction(PciIdentity identity, PciServices services)
    {
        Identity = identity;
        Dma = services.Dma;
        Executor = services.Executor;
        Time = services.Time;
    }

    /// <summary>Serialises register accesses, configuration writes and resets of this function.</summary>
    public Lock Gate { get; } = new();

    /// <summary>IDs and class.</summary>
    public PciIdentity Identity { get; }

    /// <summary>The six BARs; null where there is none, or where the upper half of a 64-bit one is.</summary>
    public IReadOnlyList<PciBar?> Bars => _bars;

    /// <summary>The function's way to memory.</summary>
    public DmaPort Dma { get; }

    /// <summary>Who hears the function's interrupts; null while nobody does.</summary>
    public IInterruptReceiver? InterruptReceiver { get; set; }

    /// <summary>Runs the model's own work.</summary>
    protected IDeviceExecutor Executor { get; }

    /// <summary>The model's time.</summary>
    protected TimeProvider Time { get; }

    /// <summary>Declares a BAR; for the constructors of models.</summary>
    protected void AddBar(PciBar bar) => _bars[bar.Index] = bar;

    /// <summary>Brings the model's own state to what the datasheet says of a reset. The gate is held.</summary>
    protected abstract void OnReset(PciResetKind kind);

    /// <summary>Drives the function's INTx line, which is level triggered.</summary>
    protected abstract void SetIntx(bool asserted);

    /// <summary>Sends a message of the enabled kind (MSI or MSI-X); nothing where neither is enabled, the vector is masked (it
    /// becomes pending) or the function may not master the bus.</summary>
    /// <param name="vector">From zero. MSI with fewer vectors enabled folds it as PCI says.</param>
    /// <returns>True where MSI or MSI-X is enabled, so that a model knows not to use INTx.</returns>
    protected abstract bool SendMessage(int vector);
}
