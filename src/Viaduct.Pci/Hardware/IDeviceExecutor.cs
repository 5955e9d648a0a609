namespace Viaduct.Pci.Hardware;

/// <summary>
/// Runs what a device does by itself, away from the thread that made the access which started it. Work items of one
/// executor run one after the other, in order, without the function's gate.
/// </summary>
public interface IDeviceExecutor
{
    /// <summary>Queues work. The same delegate may be queued again, and allocates nothing then.</summary>
    void Post(Action work);
}
