namespace Viaduct.Pci;

/// <summary>What a host gave a function.</summary>
/// <param name="Starts">The address of each BAR; zero where there is none.</param>
/// <param name="RomStart">The address of the expansion ROM; zero where there is none.</param>
/// <param name="Line">Its interrupt line; zero where it has no pin.</param>
public sealed record PciResources(IReadOnlyList<ulong> Starts, ulong RomStart, uint Line)
{
    /// <summary>Where the BARs of the first virtual function are, by index; those of the next follow. Zero where there are none.</summary>
    public IReadOnlyList<ulong> VirtualStarts { get; init; } = new ulong[PCI_STD_NUM_BARS];
}
