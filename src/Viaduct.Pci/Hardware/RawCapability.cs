namespace Viaduct.Pci.Hardware;

/// <summary>A capability without behaviour: bytes of which software may write some bits.</summary>
/// <param name="id">Capability ID.</param>
/// <param name="body">Reset values of the bytes behind ID and next pointer.</param>
/// <param name="writable">Bits of <paramref name="body"/> that software can write; shorter means none in the
/// rest.</param>
public sealed class RawCapability(byte id, byte[] body, byte[]? writable = null)
    : FunctionCapability(id, 2 + body.Length)
{
    /// <inheritdoc/>
    protected override void Declare(PciConfigSpace config)
    {
        for (var i = 0; i < body.Length; i++)
        {
            var mask = writable is not null && i < writable.Length ? writable[i] : (byte)0;
            config.Declare(Offset + 2 + i, 1, body[i], mask);
        }
    }
}
