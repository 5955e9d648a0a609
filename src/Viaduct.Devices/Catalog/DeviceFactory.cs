using System.Diagnostics.CodeAnalysis;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Catalog;

/// <summary>Builds a device from keys that are all known.</summary>
/// <param name="options">The keys.</param>
/// <param name="services">What the outside gives the device.</param>
/// <param name="function">The device.</param>
/// <param name="error">Where a value is not good: a sentence that says what would be.</param>
/// <returns>False where there is an error.</returns>
public delegate bool DeviceFactory(
    DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error);
