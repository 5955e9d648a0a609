using static Viaduct.Abi.PciSriov;

namespace Viaduct.Pci.Hardware;

/// <summary>
/// Single Root I/O Virtualization of a physical function (PCIe 5.0, 9.3.3): how many virtual functions it can have, where they are,
/// what their BARs are, and how one is made. The registers are the function's own; only the host writes them.
/// </summary>
/// <param name="offset">Where the extended capability is, 0x100 to 0xffc.</param>
/// <param name="bars">The BARs of each virtual function by index, six; nobody answers behind them.</param>
/// <param name="create">Makes the chip of a virtual function: its index, from zero, and what the outside gives it.</param>
public sealed class SriovCapability(int offset, IReadOnlyList<PciBar?> bars, Func<int, PciServices, PciFunction> create)
{
    private PciFunction? _function;

    /// <summary>Where the capability is.</summary>
    public int Offset { get; } = offset;

    /// <summary>Virtual functions that there can be.</summary>
    public int TotalVfs => Read(PCI_SRIOV_TOTAL_VF);

    /// <summary>From the routing ID of the physical function to that of the first virtual one.</summary>
    public int FirstVfOffset => Read(PCI_SRIOV_VF_OFFSET);

    /// <summary>From the routing ID of a virtual function to that of the next.</summary>
    public int VfStride => Read(PCI_SRIOV_VF_STRIDE);

    /// <summary>The device ID of virtual functions.</summary>
    public int VfDeviceId => Read(PCI_SRIOV_VF_DID);

    /// <summary>The BARs of each virtual function by index; null where there is none.</summary>
    public IReadOnlyList<PciBar?> Bars { get; } = bars;

    /// <summary>Makes the chip of a virtual function.</summary>
    /// <param name="index">0 to <see cref="TotalVfs"/> - 1.</param>
    /// <param name="services">What the outside gives it.</param>
    public PciFunction Create(int index, PciServices services) => create(index, services);

    /// <summary>sriov_enable and sriov_disable: how many there are, and whether they answer.</summary>
    /// <param name="count">Zero for none.</param>
    internal void Enable(int count)
    {
        var function = _function!;
        lock (function.Gate)
        {
            function.Config.Set(Offset + PCI_SRIOV_NUM_VF, 2, (uint)count);
            function.Config.SetBits(Offset + PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE, count > 0);
        }
    }

    internal void Place(PciFunction function) => _function = function;

    private int Read(int register) => (int)_function!.Config.Read(Offset + register, 2);
}
