namespace Viaduct.Devices.Registers;

/// <summary>A line of a register's table in a datasheet.</summary>
/// <param name="High">Its highest bit.</param>
/// <param name="Low">Its lowest bit, 0-63.</param>
/// <param name="Name">As in the datasheet.</param>
/// <param name="Access">What software may do with it.</param>
/// <param name="Summary">What it is, in a few words.</param>
public sealed record RegisterField(int High, int Low, string Name, FieldAccess Access, string Summary = "")
{
    /// <summary>The field's bits.</summary>
    public ulong Mask => (ulong.MaxValue >> (63 - (High - Low))) << Low;

    /// <summary>A field that is read and written.</summary>
    public static RegisterField ReadWrite(int high, int low, string name, string summary = "")
        => new(high, low, name, FieldAccess.ReadWrite, summary);

    /// <summary>A field that is only read.</summary>
    public static RegisterField ReadOnly(int high, int low, string name, string summary = "")
        => new(high, low, name, FieldAccess.ReadOnly, summary);

    /// <summary>A field whose bits are cleared by writing ones.</summary>
    public static RegisterField WriteOneToClear(int high, int low, string name, string summary = "")
        => new(high, low, name, FieldAccess.WriteOneToClear, summary);

    /// <summary>A field that is only written.</summary>
    public static RegisterField WriteOnly(int high, int low, string name, string summary = "")
        => new(high, low, name, FieldAccess.WriteOnly, summary);

    /// <summary>A field that the hardware has and the model has not.</summary>
    public static RegisterField Unimplemented(int high, int low, string name, string summary = "")
        => new(high, low, name, FieldAccess.Unimplemented, summary);
}
