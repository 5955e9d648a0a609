namespace Viaduct.Pci.Hardware;

/// <summary>An extended capability of a PCI Express function: a header, and bytes of which software may write some
/// bits.</summary>
/// <param name="Id">Extended capability ID.</param>
/// <param name="Version">Capability version, 0-15.</param>
/// <param name="Body">Reset values of the bytes behind the four of the header.</param>
/// <param name="Writable">Bits of <paramref name="Body"/> that software can write; shorter means none in the
/// rest.</param>
public sealed record PciExtendedCapability(ushort Id, byte Version, byte[] Body, byte[]? Writable = null)
{
    /// <summary>Bytes with the header.</summary>
    public int Length => 4 + Body.Length;
}
