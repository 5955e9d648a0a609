using System.Runtime.InteropServices;

namespace Viaduct.Vfio.Migration;

/// <summary>
/// What each piece of a migration stream begins with. A state is cut into pieces that follow one another; one whose offset is zero begins
/// another state, which replaces what came before: so a state that is read while the device runs may be left at any piece.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StateRecord
{
    /// <summary>sizeof, in bytes.</summary>
    public const int Size = 16;

    /// <summary>"VMG1".</summary>
    public const uint TheMark = 0x3147_4d56;

    /// <summary>The most bytes of a state.</summary>
    public const uint MostBytes = 64 << 20;

    /// <summary><see cref="TheMark"/>; the digit is the version.</summary>
    public uint Mark;

    /// <summary>Bytes of the state.</summary>
    public uint Total;

    /// <summary>Where in it the piece belongs.</summary>
    public uint Offset;

    /// <summary>Bytes of the piece, which are behind this.</summary>
    public uint Length;
}
