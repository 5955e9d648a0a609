namespace Viaduct.Driver;

/// <summary>What a device may do with memory.</summary>
[Flags]
public enum DmaAccess
{
    /// <summary>The device may read the memory.</summary>
    Read = 1,

    /// <summary>The device may write the memory.</summary>
    Write = 2,

    /// <summary>Both.</summary>
    ReadWrite = Read | Write,
}
