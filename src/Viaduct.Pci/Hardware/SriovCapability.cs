using System.Buffers.Binary;
using Viaduct.Abi;
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
    /// <summary>Bytes of the capability, its header included.</summary>
    public const int Length = 64;

    private const int HeaderSize = 4;
    private const byte Version = 1;

    // 4 KiB, 8 KiB, 64 KiB, 256 KiB, 1 MiB and 4 MiB, which all must support (9.3.3.9); 4 KiB in use.
    private const uint SupportedPageSizes = 0x553;
    private const uint PageSize4K = 1;

    private PciFunction? _function;

    // What the host wrote, which it writes again after a reset. The function's gate protects it.
    private IReadOnlyList<ulong> _starts = new ulong[PCI_SRIOV_NUM_BARS];
    private int _count;

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

    /// <summary>A BAR of each virtual function.</summary>
    /// <param name="index">0 to 5.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="size">Bytes of one function's, a power of two of 4096 at least.</param>
    public static PciBar Bar(int index, PciBarKind kind, ulong size) => new(index, kind, size, AbsentRegisters.Instance);

    /// <summary>The registers of a function that has no virtual ones yet.</summary>
    /// <param name="totalVfs">1 to 65535.</param>
    /// <param name="firstVfOffset">From the routing ID of the physical function to that of the first virtual one, not zero.</param>
    /// <param name="vfStride">From the routing ID of a virtual function to that of the next.</param>
    /// <param name="vfDeviceId">Their device ID.</param>
    /// <param name="bars">Their BARs, by index.</param>
    public static PciExtendedCapability Registers(
        ushort totalVfs, ushort firstVfOffset, ushort vfStride, ushort vfDeviceId, IReadOnlyList<PciBar?> bars)
    {
        var body = new byte[Length - HeaderSize];
        Put16(PCI_SRIOV_INITIAL_VF, totalVfs);
        Put16(PCI_SRIOV_TOTAL_VF, totalVfs);
        Put16(PCI_SRIOV_VF_OFFSET, firstVfOffset);
        Put16(PCI_SRIOV_VF_STRIDE, vfStride);
        Put16(PCI_SRIOV_VF_DID, vfDeviceId);
        Put32(PCI_SRIOV_SUP_PGSIZE, SupportedPageSizes);
        Put32(PCI_SRIOV_SYS_PGSIZE, PageSize4K);
        foreach (var bar in bars)
        {
            if (bar is not null)
            {
                Put32(PCI_SRIOV_BAR + (4 * bar.Index), (uint)bar.Kind);
            }
        }

        return new PciExtendedCapability(PciExtCapability.PCI_EXT_CAP_ID_SRIOV, Version, body);

        void Put16(int register, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(register - HeaderSize), value);
        void Put32(int register, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(register - HeaderSize), value);
    }

    /// <summary>Makes the chip of a virtual function.</summary>
    /// <param name="index">0 to <see cref="TotalVfs"/> - 1.</param>
    /// <param name="services">What the outside gives it.</param>
    public PciFunction Create(int index, PciServices services) => create(index, services);

    /// <summary>sriov_enable and sriov_disable: how many there are, and whether they answer.</summary>
    /// <param name="count">Zero for none.</param>
    internal void Enable(int count)
    {
        lock (_function!.Gate)
        {
            _count = count;
            WriteRegisters();
        }
    }

    /// <summary>What the host gave the BARs of all virtual functions.</summary>
    /// <param name="starts">Where those of the first one are, by index.</param>
    internal void SetAddresses(IReadOnlyList<ulong> starts)
    {
        lock (_function!.Gate)
        {
            _starts = starts;
            WriteRegisters();
        }
    }

    /// <summary>sriov_restore_state: the function was reset. The gate is held.</summary>
    internal void WriteRegisters()
    {
        var config = _function!.Config;
        foreach (var bar in Bars)
        {
            if (bar is null)
            {
                continue;
            }

            var at = Offset + PCI_SRIOV_BAR + (4 * bar.Index);
            config.Set(at, 4, (uint)_starts[bar.Index] | (uint)bar.Kind);
            if (bar.Kind.HasFlag(PciBarKind.Memory64))
            {
                config.Set(at + 4, 4, (uint)(_starts[bar.Index] >> 32));
            }
        }

        config.Set(Offset + PCI_SRIOV_NUM_VF, 2, (uint)_count);
        config.SetBits(Offset + PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE, _count > 0);
    }

    internal void Place(PciFunction function) => _function = function;

    private int Read(int register) => (int)_function!.Config.Read(Offset + register, 2);
}
