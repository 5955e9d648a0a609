namespace Viaduct.Driver.Suite;

/// <summary>A test of a driver's view of a device, whatever the back-end is. It gets a device that was just opened.</summary>
/// <param name="Name">A sentence: subject, case, result.</param>
/// <param name="Device">What it needs.</param>
/// <param name="Run">Throws <see cref="SuiteFailure"/> where something is wrong, <see cref="SuiteSkip"/> where the device
/// cannot show it.</param>
internal sealed record DriverCase(string Name, DeviceKind Device, Action<PciDevice> Run);
