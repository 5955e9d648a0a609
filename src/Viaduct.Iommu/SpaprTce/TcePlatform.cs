using Viaduct.Abi;

namespace Viaduct.Iommu.SpaprTce;

/// <summary>A kind of POWER machine: what its IOMMU offers, and how windows come to be (struct iommu_table_group_ops). One object serves
/// all groups of a machine; the caller holds the VFIO core's lock.</summary>
public abstract class TcePlatform
{
    /// <summary>IOMMU_PAGE_SHIFT_4K: the pages of the default window.</summary>
    public const int DefaultPageShift = 12;

    // 16 million entries.
    private const long TableBudgetBytes = 128L << 20;

    private protected TcePlatform(int kernelPageShift)
    {
        if (kernelPageShift is not (12 or 16))
        {
            throw new ArgumentOutOfRangeException(nameof(kernelPageShift), kernelPageShift, "POWER's kernels have pages of 4 or 64 KiB.");
        }

        KernelPageShift = kernelPageShift;
    }

    /// <summary>log2 of the kernel's pages: what is registered and counted is a multiple of it. 12 or 16.</summary>
    public int KernelPageShift { get; }

    /// <summary>The first bus address of the default window.</summary>
    public const uint DefaultStart = 0;

    /// <summary>Bytes of the default window.</summary>
    public abstract uint DefaultSize { get; }

    /// <summary>Page sizes of windows, a bit for each: bit n is 2^n bytes.</summary>
    public abstract ulong PageSizes { get; }

    /// <summary>Windows that a client may have; zero where it may make none, and use version 1 of the container only.</summary>
    public abstract uint MaxDynamicWindows { get; }

    /// <summary>Levels that a table may have.</summary>
    public abstract uint MaxLevels { get; }

    /// <summary>Its bridges cut off endpoints whose devices do wrong (eeh_enabled).</summary>
    public virtual bool HasEeh => false;

    /// <summary>Bytes that translations may take here, for all windows of the machine.</summary>
    internal ByteBudget TableBudget { get; init; } = new(TableBudgetBytes);

    /// <summary>What MAP answers for pages behind a window's end, which it does not check: what comes back from the platform.</summary>
    internal virtual Errno PastTheEnd => Errno.EINVAL;

    /// <summary>get_table_size: bytes that count as locked for a table, before it is known whether it can be.</summary>
    /// <returns>Zero where the arguments are wrong.</returns>
    internal abstract ulong TableBytes(int pageShift, ulong windowSize, uint levels);

    /// <summary>The window that the host's own drivers have where no container has the group, as a client's KVM finds it; null for none.</summary>
    internal virtual TceWindow? HostWindow => null;

    /// <summary>create_table: where the window will be.</summary>
    internal abstract SysResult CreateWindow(
        TceTableGroup group, int number, int pageShift, ulong windowSize, uint levels, out TceWindow window);

    /// <summary>The group that <see cref="CreateWindow"/> was asked for has its table.</summary>
    internal virtual void Created(TceTableGroup group, int number, TceTable table)
    {
    }

    /// <summary>set_window: a group's devices use a table.</summary>
    internal abstract SysResult SetWindow(TceTableGroup group, int number, TceTable table);

    /// <summary>unset_window: they do not any more.</summary>
    internal abstract void UnsetWindow(TceTableGroup group, int number);

    /// <summary>take_ownership: what the host used is put away.</summary>
    internal abstract void TakeOwnership(TceTableGroup group);
}
