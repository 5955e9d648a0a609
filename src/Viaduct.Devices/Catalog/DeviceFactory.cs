using System.Diagnostics.CodeAnalysis;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Catalog;

/// <summary>Builds a device from keys that are all known; false with a sentence where a value is not good.</summary>
internal delegate bool DeviceFactory(
    DeviceOptions options, PciServices services, [NotNullWhen(true)] out DeviceFunction? function, out string? error);
