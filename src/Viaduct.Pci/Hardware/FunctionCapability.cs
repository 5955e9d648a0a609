namespace Viaduct.Pci.Hardware;

/// <summary>
/// A capability in a function's configuration space. Its methods run with the function's gate held. It belongs to one
/// function, which places it.
/// </summary>
/// <param name="id">Capability ID.</param>
/// <param name="length">Bytes with the two of ID and next pointer.</param>
public abstract class FunctionCapability(byte id, int length)
{
    private PciFunction? _function;

    /// <summary>Capability ID.</summary>
    public byte Id { get; } = id;

    /// <summary>Bytes with the two of ID and next pointer.</summary>
    public int Length { get; } = length;

    /// <summary>Where it is in configuration space; zero while no function has it.</summary>
    public int Offset { get; private set; }

    /// <summary>The function that has it.</summary>
    /// <exception cref="InvalidOperationException">It was not added yet.</exception>
    protected internal PciFunction Function
        => _function ?? throw new InvalidOperationException("The capability belongs to no function.");

    internal void Place(PciFunction function, int offset)
    {
        if (_function is not null)
        {
            throw new InvalidOperationException("The capability belongs to a function already.");
        }

        _function = function;
        Offset = offset;
        function.Config.Declare(offset, 1, Id);
        function.Config.Declare(offset + PCI_CAP_LIST_NEXT, 1, 0);
        Declare(function.Config);
    }

    /// <summary>Declares the registers behind ID and next pointer.</summary>
    protected abstract void Declare(PciConfigSpace config);

    /// <summary>Software wrote some of its bytes; the registers hold the result.</summary>
    /// <param name="first">First byte written, from <see cref="Offset"/>; negative where the access began
    /// before.</param>
    /// <param name="last">Last byte written, from <see cref="Offset"/>.</param>
    /// <param name="value">What was written, its byte 0 at <paramref name="first"/>.</param>
    protected internal virtual void Written(int first, int last, uint value)
    {
    }

    /// <summary>A reset; the registers hold their reset values already.</summary>
    protected internal virtual void Reset(PciResetKind kind)
    {
    }

    /// <summary>Writes down what it remembers besides configuration space.</summary>
    protected internal virtual void Save(StateWriter state)
    {
    }

    /// <summary>Takes over what <see cref="Save"/> wrote; configuration space has been taken over already.</summary>
    protected internal virtual void Load(ref StateReader state)
    {
    }

    /// <summary>Reads a register of the capability.</summary>
    protected uint Get(int offset, int width) => Function.Config.Read(Offset + offset, width);

    /// <summary>True where a write covered any byte of a register.</summary>
    protected static bool Covers(int first, int last, int offset, int width)
        => first < offset + width && last >= offset;
}
