namespace Viaduct.Devices.Registers;

/// <summary>Widths of accesses; each value is the number of bytes.</summary>
[Flags]
public enum AccessWidths : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>One byte.</summary>
    Byte = 1,

    /// <summary>Two bytes.</summary>
    Word = 2,

    /// <summary>Four bytes.</summary>
    Dword = 4,

    /// <summary>Eight bytes.</summary>
    Qword = 8,

    /// <summary>Every width.</summary>
    Any = Byte | Word | Dword | Qword,
}
