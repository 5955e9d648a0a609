using Viaduct.Pci;

namespace Viaduct.Cli.Machine;

/// <summary>A device that has its place in the machine.</summary>
internal sealed record PlacedDevice(DeviceSpec Spec, PciDevice Device);
