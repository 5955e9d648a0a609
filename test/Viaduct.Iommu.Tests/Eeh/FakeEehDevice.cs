using Viaduct.Iommu.Eeh;

namespace Viaduct.Iommu.Tests;

/// <summary>A device with a BAR at 2 GiB.</summary>
internal sealed class FakeEehDevice : IEehDevice
{
    public int Resets { get; private set; }

    public int Restorations { get; private set; }

    public void AssertReset() => Resets++;

    public void Restore() => Restorations++;

    public bool HasMemory(ulong address) => address is >= 0x8000_0000 and < 0x8010_0000;
}
