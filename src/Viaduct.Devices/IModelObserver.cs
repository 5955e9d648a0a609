namespace Viaduct.Devices;

/// <summary>Hears what a driver did wrong that the hardware has no way to report, or reports only in bits.</summary>
public interface IModelObserver
{
    /// <summary>A driver's mistake. Called on any thread, with or without the function's gate; it must not call back.</summary>
    /// <param name="model">The device's name in the catalog.</param>
    /// <param name="mistake">What was wrong, and what the device made of it: a sentence without its full stop.</param>
    void DriverMistake(string model, string mistake);
}
