namespace Viaduct.Pci.VfioPci;

/// <summary>
/// What a client may do with a capability's bits (struct perm_bits): which are answered from the virtual copy and not
/// by the chip, which can be written, and who executes an access.
/// </summary>
/// <param name="length">Bytes of the capability; the tables are rounded up to whole dwords.</param>
/// <param name="read">Executes a read.</param>
/// <param name="write">Executes a write; null drops them all.</param>
internal sealed class ConfigPermissions(
    int length, Func<VfioPciConfig, ConfigAccess, uint> read, Action<VfioPciConfig, ConfigAccess, uint>? write)
{
    public const uint None = 0;
    public const uint All = uint.MaxValue;

    private readonly byte[] _virtual = new byte[(length + 3) & ~3];
    private readonly byte[] _writable = new byte[(length + 3) & ~3];

    public Func<VfioPciConfig, ConfigAccess, uint> Read { get; } = read;

    public Action<VfioPciConfig, ConfigAccess, uint>? Write { get; } = write;

    public uint Virtual(in ConfigAccess access) => Get(_virtual, access);

    public uint Writable(in ConfigAccess access) => Get(_writable, access);

    /// <summary>A row of the table.</summary>
    /// <param name="offset">The field's first byte, from the capability's start.</param>
    /// <param name="width">1, 2 or 4 bytes.</param>
    /// <param name="virtualBits">Answered from the virtual copy, and written to it.</param>
    /// <param name="writable">Bits that the client can write.</param>
    public ConfigPermissions Field(int offset, int width, uint virtualBits, uint writable)
    {
        for (var i = 0; i < width; i++)
        {
            _virtual[offset + i] = (byte)(virtualBits >> (8 * i));
            _writable[offset + i] = (byte)(writable >> (8 * i));
        }

        return this;
    }

    private static uint Get(byte[] table, in ConfigAccess access)
    {
        var value = 0u;
        for (var i = 0; i < access.Count; i++)
        {
            var at = access.Offset + i;
            value |= (uint)(at < table.Length ? table[at] : 0) << (8 * i);
        }

        return value;
    }
}
