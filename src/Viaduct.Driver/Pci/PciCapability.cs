namespace Viaduct.Driver;

/// <summary>An entry of a configuration space's capability list.</summary>
/// <param name="Id">Which capability (PCI_CAP_ID_*, or PCI_EXT_CAP_ID_* where <paramref name="IsExtended"/>).</param>
/// <param name="Offset">Where it starts.</param>
/// <param name="IsExtended">True for the list that starts at 0x100.</param>
/// <param name="Version">The extended capability's version; 0 for an ordinary one.</param>
public readonly record struct PciCapability(ushort Id, ushort Offset, bool IsExtended, byte Version);
