using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory that an area holds for its page tables; the parts of an area that was cut share it. Used again, as the
/// <see cref="IoasUserPages"/> are. Under the context's lock.</summary>
internal sealed class IoasPin
{
    private PinnedRange _range;
    private int _users;

    /// <summary>It begins, with one area that holds it.</summary>
    /// <param name="range">The memory.</param>
    public void Begin(in PinnedRange range)
    {
        _range = range;
        _users = 1;
    }

    public void Get() => _users++;

    /// <summary>The last one lets the memory go.</summary>
    /// <returns>True where that was the last one.</returns>
    public bool Put()
    {
        if (--_users > 0)
        {
            return false;
        }

        _range.Source!.Release(_range);
        _range = default;
        return true;
    }
}
