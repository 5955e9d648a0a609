namespace Viaduct.Pci.Hardware;

/// <summary>A BAR that is described and not there: nobody answers a load, and a store goes nowhere.</summary>
internal sealed class AbsentRegisters : IRegisterSpace
{
    public static AbsentRegisters Instance { get; } = new();

    public ulong Read(ulong offset, int width) => ulong.MaxValue >> (64 - (8 * width));

    public void Write(ulong offset, int width, ulong value)
    {
    }
}
