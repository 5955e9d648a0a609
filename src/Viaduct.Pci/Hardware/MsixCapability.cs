namespace Viaduct.Pci.Hardware;

/// <summary>
/// MSI-X, PCI 3.0, 6.8.2. The function answers accesses to the table and to the pending bits, before the registers of
/// the BAR that they are in.
/// </summary>
/// <param name="vectors">1 to 2048.</param>
/// <param name="tableBar">The BAR that holds the table.</param>
/// <param name="tableOffset">Its first byte there; a multiple of 8.</param>
/// <param name="pendingBar">The BAR that holds the pending bits.</param>
/// <param name="pendingOffset">Their first byte there; a multiple of 8.</param>
public sealed class MsixCapability(int vectors, int tableBar, uint tableOffset, int pendingBar, uint pendingOffset)
    : FunctionCapability(PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF)
{
    private readonly uint[] _table = new uint[vectors * 4];
    private readonly ulong[] _pending = new ulong[(vectors + 63) / 64];

    /// <summary>Entries of the table.</summary>
    public int Vectors { get; } = vectors is >= 1 and <= 2048
        ? vectors
        : throw new ArgumentOutOfRangeException(nameof(vectors), vectors, "1 to 2048.");

    /// <summary>The BAR that holds the table.</summary>
    public int TableBar { get; } = tableBar;

    /// <summary>The table's first byte there.</summary>
    public uint TableOffset { get; } = tableOffset;

    /// <summary>The table's length in bytes.</summary>
    public uint TableSize => (uint)Vectors * PCI_MSIX_ENTRY_SIZE;

    /// <summary>The BAR that holds the pending bits.</summary>
    public int PendingBar { get; } = pendingBar;

    /// <summary>The pending bits' first byte there.</summary>
    public uint PendingOffset { get; } = pendingOffset;

    /// <summary>The pending bits' length in bytes.</summary>
    public uint PendingSize => (uint)_pending.Length * sizeof(ulong);

    /// <summary>MSI-X_FLAGS.ENABLE.</summary>
    public bool IsEnabled => (Get(PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_ENABLE) != 0;

    private bool IsFunctionMasked => (Get(PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_MASKALL) != 0;

    /// <inheritdoc/>
    protected override void Declare(PciConfigSpace config)
    {
        config.Declare(
            Offset + PCI_MSIX_FLAGS, 2, (uint)Vectors - 1, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
        config.Declare(Offset + PCI_MSIX_TABLE, 4, TableOffset | (uint)TableBar);
        config.Declare(Offset + PCI_MSIX_PBA, 4, PendingOffset | (uint)PendingBar);
        ClearTable();
    }

    /// <inheritdoc/>
    protected internal override void Reset(PciResetKind kind) => ClearTable();

    /// <inheritdoc/>
    protected internal override void Save(StateWriter state)
    {
        state.Write((uint)Vectors);
        foreach (var word in _table)
        {
            state.Write(word);
        }

        foreach (var word in _pending)
        {
            state.Write(word);
        }
    }

    /// <inheritdoc/>
    protected internal override void Load(ref StateReader state)
    {
        if (state.ReadUInt32() != Vectors)
        {
            state.Refuse();
        }

        foreach (ref var word in _table.AsSpan())
        {
            word = state.ReadUInt32();
        }

        foreach (ref var word in _pending.AsSpan())
        {
            word = state.ReadUInt64();
        }
    }

    /// <summary>A load that may be of the table or of the pending bits.</summary>
    /// <param name="bar">The BAR's index.</param>
    /// <param name="offset">Naturally aligned.</param>
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">The value, where it is.</param>
    internal bool TryRead(int bar, ulong offset, int width, out ulong value)
    {
        value = 0;
        if (bar == TableBar && offset - TableOffset < TableSize)
        {
            var at = offset - TableOffset;
            value = _table[at / 4] >> (int)(8 * (at & 3));
            if (width == 8)
            {
                value |= (ulong)_table[(at / 4) + 1] << 32;
            }
        }
        else if (bar == PendingBar && offset - PendingOffset < PendingSize)
        {
            var at = offset - PendingOffset;
            value = _pending[at / 8] >> (int)(8 * (at & 7));
        }
        else
        {
            return false;
        }

        value &= ulong.MaxValue >> (64 - (8 * width));
        return true;
    }

    /// <summary>A store that may be to the table, or, without effect, to the pending bits.</summary>
    internal bool TryWrite(int bar, ulong offset, int width, ulong value)
    {
        if (bar == TableBar && offset - TableOffset < TableSize)
        {
            var at = offset - TableOffset;
            if (width == 8)
            {
                WriteTable(at, 4, (uint)value);
                WriteTable(at + 4, 4, (uint)(value >> 32));
            }
            else
            {
                WriteTable(at, width, (uint)value);
            }

            return true;
        }

        return bar == PendingBar && offset - PendingOffset < PendingSize;
    }

    /// <summary>Sends a message, or remembers it where it is masked. MSI-X is enabled.</summary>
    internal void Send(int vector)
    {
        if ((uint)vector >= (uint)Vectors)
        {
            throw new ArgumentOutOfRangeException(nameof(vector), vector, "The function has no such vector.");
        }

        if (IsFunctionMasked || IsMasked(vector))
        {
            _pending[vector / 64] |= 1UL << (vector % 64);
        }
        else if (Function.CanMaster)
        {
            Function.InterruptReceiver?.MessageArrived(vector);
        }
    }

    private bool IsMasked(int vector) => (_table[(vector * 4) + 3] & 1) != 0;

    private void WriteTable(ulong at, int width, uint value)
    {
        var shift = (int)(8 * (at & 3));
        var mask = (uint.MaxValue >> (32 - (8 * width))) << shift;
        ref var word = ref _table[at / 4];
        var field = at & (PCI_MSIX_ENTRY_SIZE - 4);
        var writable = field switch { 0 => 0xfffffffcu, PCI_MSIX_ENTRY_VECTOR_CTRL => 1u, _ => uint.MaxValue };
        word = (word & ~(mask & writable)) | ((value << shift) & mask & writable);
        if (field == PCI_MSIX_ENTRY_VECTOR_CTRL)
        {
            SendPending();
        }
    }

    /// <summary>Sends what is pending and not masked any more.</summary>
    internal void SendPending()
    {
        if (!IsEnabled || IsFunctionMasked || !Function.CanMaster)
        {
            return;
        }

        for (var vector = 0; vector < Vectors; vector++)
        {
            var bit = 1UL << (vector % 64);
            if ((_pending[vector / 64] & bit) != 0 && !IsMasked(vector))
            {
                _pending[vector / 64] &= ~bit;
                Function.InterruptReceiver?.MessageArrived(vector);
            }
        }
    }

    private void ClearTable()
    {
        Array.Clear(_table);
        Array.Clear(_pending);
        for (var vector = 0; vector < Vectors; vector++)
        {
            _table[(vector * 4) + 3] = 1;
        }
    }
}
