using Viaduct.Abi;

namespace Viaduct.Iommu.SpaprTce;

public sealed partial class SpaprTceIommu
{
    /// <inheritdoc/>
    public override SysResult AttachGroup(IommuGroup group)
    {
        if (group.TableGroup is not { } tables)
        {
            return Errno.ENODEV;
        }

        if (_isV2 && tables.Platform.MaxDynamicWindows == 0)
        {
            return Errno.EINVAL;
        }

        if ((!_isV2 && _groups.Count > 0) || _groups.Contains(group))
        {
            return Errno.EBUSY;
        }

        if (tables.Platform != _platform)
        {
            return Errno.EPERM;
        }

        tables.Platform.TakeOwnership(tables);
        var result = SetWindows(tables);
        if (_groups.Count == 0 && _windows[0] is null)
        {
            _isDefaultWindowPending = true;
        }

        if (!result.IsError)
        {
            _groups.Insert(0, group);
            group.AddressSpace = _space;
        }

        return result;
    }

    /// <inheritdoc/>
    public override void DetachGroup(IommuGroup group)
    {
        if (!_groups.Remove(group))
        {
            return;
        }

        group.AddressSpace = null;
        _space.WaitForTransfers();

        // tce_iommu_release_ownership
        for (var number = 0; number < TceWindows.Max; number++)
        {
            if (_windows[number] is { } table)
            {
                if (_groups.Count == 0)
                {
                    Clear(table, 0, table.Window.Pages);
                }

                _platform.UnsetWindow(group.TableGroup!, number);
            }
        }
    }

    /// <inheritdoc/>
    public override void Release()
    {
        foreach (var group in _groups.ToArray())
        {
            DetachGroup(group);
        }

        for (var number = 0; number < TceWindows.Max; number++)
        {
            if (_windows[number] is { } table)
            {
                FreeTable(number, table);
            }
        }

        // What is still mapped stays registered, as in the kernel.
        foreach (var region in _registered)
        {
            RegisteredMemory.Of(_memory!).Put(region);
        }

        _registered.Clear();
        if (!_isV2)
        {
            Disable();
        }
    }

    /// <summary>tce_iommu_take_ownership: a group that joins gets the windows that are there.</summary>
    private SysResult SetWindows(TceTableGroup tables)
    {
        for (var number = 0; number < TceWindows.Max; number++)
        {
            if (_windows[number] is not { } table)
            {
                continue;
            }

            var result = _platform.SetWindow(tables, number, table);
            if (result.IsError)
            {
                for (var undone = 0; undone < TceWindows.Max; undone++)
                {
                    _platform.UnsetWindow(tables, undone);
                }

                return result;
            }
        }

        return SysResult.Success;
    }
}
