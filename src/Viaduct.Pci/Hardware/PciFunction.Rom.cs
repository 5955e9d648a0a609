using System.Numerics;

namespace Viaduct.Pci.Hardware;

/// <content>The expansion ROM.</content>
public abstract partial class PciFunction
{
    private const int LeastRomSize = 2048;
    private const int LargestRomSize = 1 << 24;

    /// <summary>The expansion ROM; null where there is none.</summary>
    public PciRom? Rom { get; private set; }

    /// <summary>Declares the expansion ROM; for the constructors of models.</summary>
    /// <exception cref="ArgumentException">The size is no power of two from 2 KiB to 16 MiB, or smaller than what is in
    /// it.</exception>
    protected void AddRom(PciRom rom)
    {
        if (!BitOperations.IsPow2(rom.Size) || rom.Size is < LeastRomSize or > LargestRomSize || rom.Content.Length > rom.Size)
        {
            throw new ArgumentException($"An expansion ROM cannot have {rom.Size} bytes.", nameof(rom));
        }

        Rom = rom;
        Config.Declare(PCI_ROM_ADDRESS, 4, 0, (uint)-rom.Size | PCI_ROM_ADDRESS_ENABLE);
    }
}
