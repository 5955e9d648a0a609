namespace Viaduct.Pci.VfioPci;

/// <summary>One piece of an access to configuration space: 1, 2 or 4 bytes, aligned, inside one capability.</summary>
/// <param name="Position">First byte, from the start of configuration space.</param>
/// <param name="Count">1, 2 or 4 bytes.</param>
/// <param name="Offset">First byte, from the capability's start.</param>
/// <param name="Permissions">The capability's.</param>
internal readonly record struct ConfigAccess(int Position, int Count, int Offset, ConfigPermissions Permissions)
{
    /// <summary>The capability's first byte.</summary>
    public int Start => Position - Offset;

    /// <summary>The bits of <see cref="Count"/> bytes.</summary>
    public uint Mask => uint.MaxValue >> (32 - (8 * Count));

    /// <summary>True where the piece covers a byte of the capability.</summary>
    public bool Covers(int offset) => offset >= Offset && offset < Offset + Count;
}
