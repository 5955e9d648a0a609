namespace Viaduct.Memory;

/// <summary>
/// The caller of the in-process door. It has the rights that it is made with, whatever this process's own are, so that
/// a driver's tests give the same on every machine.
/// </summary>
/// <param name="memory">Its address space.</param>
/// <param name="memlockLimitPages">RLIMIT_MEMLOCK in pages of 4 KiB; <see cref="ulong.MaxValue"/> for unlimited.</param>
/// <param name="capabilities">What its effective set holds.</param>
public sealed class LocalTask(
    LocalMemory memory,
    ulong memlockLimitPages = ulong.MaxValue,
    params ReadOnlySpan<Capability> capabilities) : ClientTask
{
    private readonly ulong _capabilities = ToBits(capabilities);

    /// <inheritdoc/>
    public override ClientMemory Memory { get; } = memory;

    /// <inheritdoc/>
    public override ulong MemlockLimitPages { get; } = memlockLimitPages;

    /// <inheritdoc/>
    public override bool IsCapable(Capability capability) => (_capabilities >> (int)capability & 1) != 0;

    private static ulong ToBits(ReadOnlySpan<Capability> capabilities)
    {
        var bits = 0UL;
        foreach (var capability in capabilities)
        {
            bits |= 1UL << (int)capability;
        }

        return bits;
    }
}
