namespace Viaduct.Devices.Registers;

/// <summary>What software may do with the bits of a field.</summary>
public enum FieldAccess
{
    /// <summary>RW: read and written.</summary>
    ReadWrite,

    /// <summary>RO: writes are ignored.</summary>
    ReadOnly,

    /// <summary>RW1C: writing a one clears the bit.</summary>
    WriteOneToClear,

    /// <summary>WO: reads as zero, and is not kept; the model sees what was written.</summary>
    WriteOnly,

    /// <summary>RV: reads as its reset value, writes are ignored.</summary>
    Reserved,

    /// <summary>The hardware has it, the model does not: reads as its reset value, writes are ignored.</summary>
    Unimplemented,
}
