using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory that an area holds for its page tables; the parts of an area that was cut share it. Under the context's
/// lock.</summary>
internal sealed class IoasPin
{
    private PinnedRange _range;
    private int _users;

    /// <summary>An area holds it.</summary>
    public bool IsUsed => _users > 0;

    /// <summary>It begins, with one area that holds it.</summary>
    /// <param name="range">The memory.</param>
    public void Begin(in PinnedRange range)
    {
        _range = range;
        _users = 1;
    }

    public void Get() => _users++;

    /// <summary>The last one lets the memory go.</summary>
    public void Put()
    {
        if (--_users == 0)
        {
            _range.Source!.Release(_range);
            _range = default;
        }
    }
}
