using Viaduct.Iommu.NoIommu;
using Viaduct.Memory;

namespace Viaduct.Iommu.Iommufd;

/// <summary>Memory that an area holds for its page tables; the parts of an area that was cut share it. Under the context's
/// lock.</summary>
internal sealed class IoasPin
{
    private PinnedRange _range;
    private ulong _address;
    private ulong _length;
    private PhysicalMemory? _physicalMemory;
    private ulong _physical;
    private int _users;

    /// <summary>An area holds it.</summary>
    public bool IsUsed => _users > 0;

    /// <summary>It begins, with one area that holds it.</summary>
    /// <param name="range">The memory.</param>
    /// <param name="address">The first byte's address in its <see cref="IoasPages"/>.</param>
    /// <param name="length">Bytes.</param>
    public void Begin(in PinnedRange range, ulong address, ulong length)
    {
        _range = range;
        (_address, _length) = (address, length);
        _users = 1;
    }

    public void Get() => _users++;

    /// <summary>The physical address behind one of its own, which it has from the first question on until it lets go.</summary>
    /// <param name="memory">Where it is to have one.</param>
    /// <param name="address">An address inside.</param>
    /// <param name="physical">The physical address.</param>
    /// <returns>False where there is none left.</returns>
    public bool TryGetPhysicalAddress(PhysicalMemory memory, ulong address, out ulong physical)
    {
        physical = 0;
        if (_physicalMemory is null)
        {
            if (!memory.TryAdd(_range, _length, out _physical))
            {
                return false;
            }

            _physicalMemory = memory;
        }

        physical = _physical + (address - _address);
        return true;
    }

    /// <summary>The last one lets the memory go.</summary>
    public void Put()
    {
        if (--_users > 0)
        {
            return;
        }

        if (_physicalMemory is { } physicalMemory)
        {
            _physicalMemory = null;
            physicalMemory.Remove(_physical, _length);
        }

        _range.Source!.Release(_range);
        _range = default;
    }
}
