using Viaduct.Pci.VfioPci;

namespace Viaduct.Cli.Machine;

/// <summary>A device that has its place in the machine.</summary>
internal sealed record PlacedDevice(DeviceSpec Spec, VfioPciDevice Device);
