using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory that an area holds for its page tables; the parts of an area that was cut share it.</summary>
/// <param name="range">The memory.</param>
/// <param name="address">Where it begins, in its <see cref="IoasPages"/>.</param>
internal sealed class IoasPin(in PinnedRange range, ulong address)
{
    private readonly PinnedRange _range = range;
    private readonly ulong _address = address;
    private int _users = 1;

    public MemorySource Source => _range.Source!;

    /// <summary>The place of an address in <see cref="Source"/>.</summary>
    public ulong OffsetOf(ulong address) => _range.Offset + (address - _address);

    public void Get() => _users++;

    public void Put()
    {
        if (--_users == 0)
        {
            Source.Release(_range);
        }
    }
}
