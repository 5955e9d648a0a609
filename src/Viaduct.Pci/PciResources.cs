namespace Viaduct.Pci;

/// <summary>What a host gave a function.</summary>
/// <param name="Starts">The address of each BAR; zero where there is none.</param>
/// <param name="RomStart">The address of the expansion ROM; zero where there is none.</param>
/// <param name="Line">Its interrupt line; zero where it has no pin.</param>
public sealed record PciResources(IReadOnlyList<ulong> Starts, ulong RomStart, uint Line);
