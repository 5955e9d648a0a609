namespace Viaduct.Pci.Hardware;

/// <summary>A part of a BAR that can be mapped: whole pages of 4 KiB.</summary>
/// <param name="Offset">Bytes from the BAR's start.</param>
/// <param name="Size">Bytes; above zero.</param>
public readonly record struct PciBarArea(ulong Offset, ulong Size);
