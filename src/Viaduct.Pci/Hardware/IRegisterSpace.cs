namespace Viaduct.Pci.Hardware;

/// <summary>
/// What answers accesses to a BAR. Called with the function's <see cref="PciFunction.Gate"/> held, so a model needs no
/// lock of its own for registers. Offsets are inside the BAR and naturally aligned accesses of 1, 2, 4 or 8 bytes; an
/// access that is not aligned has been cut into aligned ones.
/// </summary>
public interface IRegisterSpace
{
    /// <summary>A load. Registers that do not exist read as the datasheet says, mostly zero.</summary>
    /// <param name="offset">Bytes from the BAR's start.</param>
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    ulong Read(ulong offset, int width);

    /// <summary>A store.</summary>
    /// <param name="offset">Bytes from the BAR's start.</param>
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">Zero above <paramref name="width"/>.</param>
    void Write(ulong offset, int width, ulong value);
}
