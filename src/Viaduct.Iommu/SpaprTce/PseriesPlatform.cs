using System.Numerics;
using Viaduct.Abi;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>
/// A partition under a hypervisor (arch/powerpc/platforms/pseries/iommu.c): a default window of 4 KiB pages at 0, and one dynamic window
/// that firmware makes, flat tables only. Windows belong to one endpoint, so that groups cannot share a container's.
/// </summary>
/// <param name="kernelPageShift">log2 of the kernel's pages, 12 or 16.</param>
/// <param name="hasDynamicWindows">Firmware makes windows. Where it does not, Linux 7.3 gives clients none at all, not even the default one.</param>
public sealed class PseriesPlatform(int kernelPageShift, bool hasDynamicWindows = true) : TcePlatform(kernelPageShift)
{
    private const ulong DynamicStart = 1UL << 59;

    // ibm,query-pe-dma-window: the pages that QEMU's firmware says it has; ibm,create-pe-dma-window has a counter of 32 bits for them.
    private const ulong LargestAvailableBlock = 1UL << 37;
    private const ulong LargestTable = uint.MaxValue;

    /// <inheritdoc/>
    public override uint DefaultSize => 0x4000_0000;

    /// <inheritdoc/>
    public override ulong PageSizes => hasDynamicWindows ? 0x0121_1000UL : 0x1000; // 4 KiB, 64 KiB, 2 MiB, 16 MiB

    /// <inheritdoc/>
    public override uint MaxDynamicWindows => hasDynamicWindows ? 2 : uint.MaxValue;

    /// <inheritdoc/>
    public override uint MaxLevels => hasDynamicWindows ? 1U : 0;

    /// <inheritdoc/>
    internal override Errno PastTheEnd => Errno.EINTR; // H_PARAMETER, -4, which the kernel passes on

    /// <inheritdoc/>
    internal override TceWindow? HostWindow => new TceWindow(DefaultPageShift, DefaultStart, DefaultSize >> DefaultPageShift);

    /// <inheritdoc/>
    internal override ulong TableBytes(int pageShift, ulong windowSize, uint levels)
        => levels > 1 ? uint.MaxValue : windowSize >> (pageShift - 3);

    /// <inheritdoc/>
    internal override SysResult CreateWindow(
        TceTableGroup group, int number, int pageShift, ulong windowSize, uint levels, out TceWindow window)
    {
        window = default;
        if (!BitOperations.IsPow2(windowSize) || levels > 1)
        {
            return Errno.EINVAL;
        }

        if (group.HasFailed || !hasDynamicWindows)
        {
            return Errno.ENODEV;
        }

        var isDefault = number == 0 && IsDefault(pageShift, windowSize);
        if (number == 0 && HasDynamicWindow(group))
        {
            return Errno.EPERM;
        }

        var pages = windowSize >> pageShift;
        if (!isDefault && pages is 0 or > LargestAvailableBlock)
        {
            return Errno.EINVAL;
        }

        if (!isDefault && (pages > LargestTable || HasDynamicWindow(group)))
        {
            // Firmware has one place for dynamic windows.
            group.HasFailed = true;
            return Errno.ENODEV;
        }

        var start = isDefault ? DefaultStart : DynamicStart;
        window = new TceWindow(pageShift, start, pages) { TableBytes = TableBytes(pageShift, windowSize, levels) };
        return SysResult.Success;
    }

    /// <inheritdoc/>
    internal override void Created(TceTableGroup group, int number, TceTable table) => group.Set(number, table);

    /// <inheritdoc/>
    internal override SysResult SetWindow(TceTableGroup group, int number, TceTable table)
        => group.Tables[number] == table ? SysResult.Success : Errno.EPERM;

    /// <inheritdoc/>
    internal override void UnsetWindow(TceTableGroup group, int number)
    {
        if (group.Tables[number] is { } table)
        {
            table.Revoke();
            group.Set(number, null);
        }
    }

    /// <inheritdoc/>
    internal override void TakeOwnership(TceTableGroup group)
    {
        for (var number = 0; number < group.Tables.Count; number++)
        {
            UnsetWindow(group, number);
        }
    }

    private bool IsDefault(int pageShift, ulong windowSize) => windowSize <= DefaultSize && pageShift == DefaultPageShift;

    /// <summary>find_existing_ddw.</summary>
    private static bool HasDynamicWindow(TceTableGroup group)
        => group.Tables.Any(table => table is not null && table.Window.Start != DefaultStart);
}
