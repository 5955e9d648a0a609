namespace Viaduct.Devices.Registers;

/// <summary>
/// A register as a datasheet declares it: data only. A <see cref="RegisterBlock"/> makes registers of it, and a model binds its
/// behaviour to them.
/// </summary>
/// <param name="Name">As in the datasheet.</param>
/// <param name="Offset">Bytes from the start of the block; a multiple of the register's size.</param>
/// <param name="Bits">8, 16, 32 or 64.</param>
/// <param name="Summary">What it is, in a few words.</param>
public sealed record RegisterSpec(string Name, ulong Offset, int Bits, string Summary)
{
    /// <summary>The value after a reset.</summary>
    public ulong Reset { get; init; }

    /// <summary>Its fields; bits that no field has are reserved. Empty: one field of <see cref="Access"/>.</summary>
    public IReadOnlyList<RegisterField> Fields { get; init; } = [];

    /// <summary>What software may do with a register that has no <see cref="Fields"/>.</summary>
    public FieldAccess Access { get; init; } = FieldAccess.ReadWrite;

    /// <summary>Widths of the accesses that it answers, of those not wider than the register.</summary>
    public AccessWidths Widths { get; init; } = AccessWidths.Any;

    /// <summary>How many there are: above 1 for an array.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Bytes from one register of the array to the next; a multiple of the register's size.</summary>
    public ulong Stride { get; init; }

    /// <summary>The register's size in bytes.</summary>
    public int Bytes => Bits / 8;

    /// <summary>All bits of the register.</summary>
    public ulong Mask => ulong.MaxValue >> (64 - Bits);

    /// <summary>The bits of the fields with one kind of access.</summary>
    internal ulong MaskOf(FieldAccess access)
    {
        if (Fields.Count == 0)
        {
            return Access == access ? Mask : 0;
        }

        var mask = 0UL;
        foreach (var field in Fields)
        {
            mask |= field.Access == access ? field.Mask : 0;
        }

        return mask;
    }

    /// <summary>Refuses what no datasheet can mean.</summary>
    /// <exception cref="ArgumentException">The declaration contradicts itself.</exception>
    internal void Check()
    {
        if (Bits is not (8 or 16 or 32 or 64) || Offset % (ulong)Bytes != 0 || (Reset & ~Mask) != 0)
        {
            throw new ArgumentException($"{Name}: width, offset or reset value do not go together.");
        }

        if (Count < 1 || (Count > 1 && (Stride < (ulong)Bytes || Stride % (ulong)Bytes != 0)))
        {
            throw new ArgumentException($"{Name}: an array of {Count} cannot have stride {Stride}.");
        }

        var seen = 0UL;
        foreach (var field in Fields)
        {
            if (field.Low < 0 || field.High < field.Low || field.High >= Bits || (seen & field.Mask) != 0)
            {
                throw new ArgumentException($"{Name}.{field.Name}: bits {field.High}:{field.Low} are taken or not there.");
            }

            seen |= field.Mask;
        }
    }
}
