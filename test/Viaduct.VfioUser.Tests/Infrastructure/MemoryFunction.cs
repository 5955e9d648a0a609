using System.Collections.Concurrent;
using Viaduct.Pci.Hardware;

namespace Viaduct.VfioUser.Tests.Infrastructure;

/// <summary>
/// BAR0 of 32 KiB: registers and doorbells in its first page, memory from 0x1000 to 0x5000 and from 0x6000 on, MSI-X's table and pending bits in the page at
/// 0x2000. BAR2: 8 KiB of memory, which a reset clears. BAR4: registers.
/// </summary>
internal sealed class MemoryFunction : PciFunction, IRegisterSpace
{
    public MemoryFunction(PciServices services)
        : base(new PciIdentity { VendorId = 0x1af4, DeviceId = 0x10fe, ClassCode = 0x120000 }, services)
    {
        AddBar(new PciBar(0, PciBarKind.Memory32, 0x8000, this)
        {
            Memory = Parts,
            Doorbells = [new PciBarDoorbell(0x10, 4), new PciBarDoorbell(0x18, 2, 0xbeef), new PciBarDoorbell(0x20, 0)],
        });
        AddBar(new PciBar(2, PciBarKind.Memory32, 0x2000, this) { Memory = Whole });
        AddBar(new PciBar(4, PciBarKind.Memory32, 0x1000, this));
        AddCapability(new MsixCapability(4, 0, 0x2000, 0, 0x2800));
        AddCapability(new PciExpressCapability(hasFunctionLevelReset: true));
    }

    public PciBarMemory Parts { get; } = new(0x8000, new PciBarArea(0x1000, 0x4000), new PciBarArea(0x6000, 0x2000));

    public PciBarMemory Whole { get; } = new(0x2000);

    /// <summary>Writes that were no memory's.</summary>
    public BlockingCollection<(ulong Offset, int Width, ulong Value)> Writes { get; } = [];

    public ulong Read(ulong offset, int width) => 0x5e;

    public void Write(ulong offset, int width, ulong value) => Writes.Add((offset, width, value));

    protected override void OnReset(PciResetKind kind) => Whole.Clear();
}
