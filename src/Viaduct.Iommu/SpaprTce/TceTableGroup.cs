namespace Viaduct.Iommu.SpaprTce;

/// <summary>The windows that a group's devices have now: struct iommu_table_group, in PAPR's words a partitionable endpoint. Under the VFIO core's
/// lock.</summary>
/// <param name="platform">What it can have.</param>
public sealed class TceTableGroup(TcePlatform platform)
{
    private readonly TceTable?[] _tables = new TceTable?[TceWindows.Max];

    /// <summary>The machine.</summary>
    public TcePlatform Platform { get; } = platform;

    /// <summary>The tables by number, two; null where there is none.</summary>
    public IReadOnlyList<TceTable?> Tables => _tables;

    /// <summary>What the host has where no container has the group: nothing is ever put into it here. Null where there is none.</summary>
    public TceTable? HostTable { get; } = platform.HostWindow is { } window ? new TceTable(window, null, null, platform.TableBudget) : null;

    /// <summary>Firmware has refused a window once: the kernel does not ask for another until it boots again.</summary>
    internal bool HasFailed { get; set; }

    internal void Set(int number, TceTable? table) => _tables[number] = table;
}
