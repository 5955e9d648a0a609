using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

public sealed partial class SpaprTceIommu
{
    private SysResult TceCreate(ClientTask caller, ulong argument)
    {
        SetMemory(caller);
        if (_groups.Count == 0)
        {
            return Errno.ENXIO;
        }

        if (!caller.Memory.TryRead<VfioIommuSpaprTceCreate>(argument, out var create))
        {
            return Errno.EFAULT;
        }

        if (create.ArgSz < VfioIommuSpaprTceCreate.MinSize || create.Flags != 0)
        {
            return Errno.EINVAL;
        }

        var result = CreateDefaultWindow(caller);
        if (!result.IsError)
        {
            result = CreateWindow(caller, create.PageShift, create.WindowSize, create.Levels, out var start);
            create.StartAddr = start;
        }

        return result.IsError || caller.Memory.TryWrite(argument, create) ? result : Errno.EFAULT;
    }

    private SysResult TceRemove(ClientTask caller, ulong argument)
    {
        SetMemory(caller);
        if (_groups.Count == 0)
        {
            return Errno.ENXIO;
        }

        if (!caller.Memory.TryRead<VfioIommuSpaprTceRemove>(argument, out var remove))
        {
            return Errno.EFAULT;
        }

        if (remove.ArgSz < VfioIommuSpaprTceRemove.MinSize || remove.Flags != 0)
        {
            return Errno.EINVAL;
        }

        if (_isDefaultWindowPending && remove.StartAddr == 0)
        {
            _isDefaultWindowPending = false;
            return SysResult.Success;
        }

        return RemoveWindow(remove.StartAddr);
    }

    /// <summary>tce_iommu_create_default_window.</summary>
    private SysResult CreateDefaultWindow(ClientTask caller)
    {
        if (!_isDefaultWindowPending)
        {
            return SysResult.Success;
        }

        if (_groups.Count == 0)
        {
            return Errno.ENODEV;
        }

        var result = CreateWindow(caller, TcePlatform.DefaultPageShift, _platform.DefaultSize, 1, out _);
        if (!result.IsError)
        {
            _isDefaultWindowPending = false;
        }

        return result;
    }

    /// <summary>tce_iommu_create_window.</summary>
    private SysResult CreateWindow(ClientTask caller, uint pageShift, ulong windowSize, uint levels, out ulong start)
    {
        start = 0;
        var number = Enumerable.Range(0, TceWindows.Max).FirstOrDefault(slot => _windows[slot] is null, -1);
        if (number < 0)
        {
            return Errno.ENOSPC;
        }

        if (pageShift >= 64 || (_platform.PageSizes & (1UL << (int)pageShift)) == 0)
        {
            return Errno.EINVAL;
        }

        var result = CreateTable(caller, number, (int)pageShift, windowSize, levels, out var table);
        if (result.IsError)
        {
            return result;
        }

        foreach (var group in _groups)
        {
            result = _platform.SetWindow(group.TableGroup!, number, table!);
            if (result.IsError)
            {
                UnsetWindow(number);
                FreeTable(number, table!);
                return result;
            }
        }

        _windows[number] = table;
        start = table!.Window.Start;
        return SysResult.Success;
    }

    /// <summary>tce_iommu_create_table.</summary>
    private SysResult CreateTable(
        ClientTask caller, int number, int pageShift, ulong windowSize, uint levels, out TceTable? table)
    {
        table = null;
        var bytes = _platform.TableBytes(pageShift, windowSize, levels);
        if (bytes == 0)
        {
            return Errno.EINVAL;
        }

        var result = LockedPages.Charge(caller, KernelPages(bytes));
        if (result.IsError)
        {
            return result;
        }

        // Where it fails, what was counted stays counted: the kernel's way too.
        var group = _groups[0].TableGroup!;
        result = _platform.CreateWindow(group, number, pageShift, windowSize, levels, out var window);
        if (result.IsError)
        {
            return result;
        }

        table = new TceTable(window, _space, _isV2 ? RegisteredMemory.Of(caller.Memory) : null, _platform.TableBudget);
        table.Memory?.Add(table);
        _platform.Created(group, number, table);
        return SysResult.Success;
    }

    /// <summary>tce_iommu_remove_window: the window that holds an address.</summary>
    private SysResult RemoveWindow(ulong address)
    {
        var number = _windows.Find(address);
        if (number < 0)
        {
            return Errno.EINVAL;
        }

        var table = _windows[number]!;
        Clear(table, 0, table.Window.Pages);
        UnsetWindow(number);
        FreeTable(number, table);
        return SysResult.Success;
    }

    private void UnsetWindow(int number)
    {
        foreach (var group in _groups)
        {
            _platform.UnsetWindow(group.TableGroup!, number);
        }
    }

    /// <summary>tce_iommu_free_table; its entries have been taken back.</summary>
    private void FreeTable(int number, TceTable table)
    {
        _windows[number] = null;
        table.Memory?.Remove(table);
        table.Revoke();
        if (_memory is not null)
        {
            LockedPages.Uncharge(_memory, KernelPages(table.Window.TableBytes));
        }
    }

    /// <summary>Only whole pages of the kernel count.</summary>
    private ulong KernelPages(ulong bytes) => bytes >> _platform.KernelPageShift << _platform.KernelPageShift;
}
