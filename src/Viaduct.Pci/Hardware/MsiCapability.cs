using System.Numerics;

namespace Viaduct.Pci.Hardware;

/// <summary>Message Signalled Interrupts, PCI 3.0, 6.8.1.</summary>
/// <param name="vectors">1, 2, 4, 8, 16 or 32.</param>
/// <param name="is64Bit">The message address has 64 bits.</param>
/// <param name="hasMasks">Vectors can be masked one by one.</param>
public sealed class MsiCapability(int vectors, bool is64Bit = true, bool hasMasks = false)
    : FunctionCapability(PCI_CAP_ID_MSI, 10 + (is64Bit ? 4 : 0) + (hasMasks ? 10 : 0))
{
    private readonly int _mask = is64Bit ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32;
    private readonly int _pending = is64Bit ? PCI_MSI_PENDING_64 : PCI_MSI_PENDING_32;

    /// <summary>Vectors that the function can use.</summary>
    public int Vectors { get; } = vectors is >= 1 and <= 32 && BitOperations.IsPow2(vectors)
        ? vectors
        : throw new ArgumentOutOfRangeException(nameof(vectors), vectors, "A power of two, 1 to 32.");

    /// <summary>The message address has 64 bits.</summary>
    public bool Is64Bit => is64Bit;

    /// <summary>MSI_FLAGS.ENABLE.</summary>
    public bool IsEnabled => (Get(PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE) != 0;

    /// <summary>Vectors that software allowed: a power of two, at most <see cref="Vectors"/>.</summary>
    public int AllowedVectors
        => Math.Min(Vectors, 1 << (int)((Get(PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_QSIZE) >> 4));

    /// <summary>Where the mask bits are, from <see cref="FunctionCapability.Offset"/>; null where there are
    /// none.</summary>
    public int? MaskOffset => hasMasks ? _mask : null;

    /// <inheritdoc/>
    protected override void Declare(PciConfigSpace config)
    {
        var flags = ((uint)BitOperations.Log2((uint)Vectors) << 1)
            | (is64Bit ? (uint)PCI_MSI_FLAGS_64BIT : 0) | (hasMasks ? (uint)PCI_MSI_FLAGS_MASKBIT : 0);
        config.Declare(Offset + PCI_MSI_FLAGS, 2, flags, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
        config.Declare(Offset + PCI_MSI_ADDRESS_LO, 4, 0, 0xfffffffc);
        if (is64Bit)
        {
            config.Declare(Offset + PCI_MSI_ADDRESS_HI, 4, 0, uint.MaxValue);
        }

        config.Declare(Offset + (is64Bit ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32), 2, 0, 0xffff);
        if (hasMasks)
        {
            config.Declare(Offset + _mask, 4, 0, uint.MaxValue >> (32 - Vectors));
            config.Declare(Offset + _pending, 4, 0);
        }
    }

    /// <inheritdoc/>
    protected internal override void Save(StateWriter state) => state.Write(hasMasks ? Get(_pending, 4) : 0);

    /// <inheritdoc/>
    protected internal override void Load(ref StateReader state)
    {
        var pending = state.ReadUInt32() & (uint.MaxValue >> (32 - Vectors));
        if (hasMasks)
        {
            Function.Config.Set(Offset + _pending, 4, pending);
        }
    }

    /// <summary>Sends what is pending and not masked any more.</summary>
    internal void SendPending()
    {
        if (!hasMasks || !IsEnabled || !Function.CanMaster)
        {
            return;
        }

        for (var ready = Get(_pending, 4) & ~Get(_mask, 4); ready != 0; ready &= ready - 1)
        {
            var vector = BitOperations.TrailingZeroCount(ready);
            Function.Config.SetBits(Offset + _pending, 4, 1u << vector, on: false);
            Function.InterruptReceiver?.MessageArrived(vector);
        }
    }

    /// <summary>Sends a message, or remembers it where its vector is masked. MSI is enabled.</summary>
    internal void Send(int vector)
    {
        vector &= AllowedVectors - 1;
        if (hasMasks && (Get(_mask, 4) & (1u << vector)) != 0)
        {
            Function.Config.SetBits(Offset + _pending, 4, 1u << vector, on: true);
        }
        else if (Function.CanMaster)
        {
            Function.InterruptReceiver?.MessageArrived(vector);
        }
    }
}
