using Viaduct.Iommu;
using Viaduct.Pci.Hardware;

namespace Viaduct.VfioUser.Tests.Infrastructure;

/// <summary>A write to BAR0 has it write what was written to the address of its first write, and read that back: by way of the memory's owner. Nobody need
/// make it a bus master.</summary>
internal sealed class OwnerFunction : PciFunction, IRegisterSpace
{
    private readonly byte[] _bytes = new byte[sizeof(ulong)];
    private readonly Action _move;
    private ulong _address;

    public OwnerFunction(PciServices services)
        : base(new PciIdentity { VendorId = 0x1af4, DeviceId = 0x10ff, ClassCode = 0x120000 }, services)
    {
        MastersAlways = true;
        _move = Move;
        AddBar(new PciBar(0, PciBarKind.Memory32, 0x1000, this));
    }

    /// <summary>What came of it.</summary>
    public TaskCompletionSource<(DmaResult Write, DmaResult Read, ulong Value)> Done { get; } = new();

    public ulong Read(ulong offset, int width) => 0;

    public void Write(ulong offset, int width, ulong value)
    {
        if (offset == 0)
        {
            _address = value;
            return;
        }

        BitConverter.TryWriteBytes(_bytes, value);
        Executor.Post(_move);
    }

    protected override void OnReset(PciResetKind kind) => _address = 0;

    private void Move()
    {
        var write = Dma.WriteThroughOwner(_address, _bytes);
        var read = Dma.ReadThroughOwner(_address, _bytes);
        Done.SetResult((write, read, BitConverter.ToUInt64(_bytes)));
    }
}
