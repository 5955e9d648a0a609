using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.SpaprTce;

public sealed partial class SpaprTceIommu
{
    private const VfioDmaMapFlags MapFlags = VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ | VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE;

    // What the macros iommu_tce_put_param_check and iommu_tce_clear_param_check come to where a check fails: C's || makes 1 of it.
    private static readonly SysResult s_outOfRange = SysResult.FromValue(1);

    // Version 1: what each mapped page holds.
    private readonly Dictionary<(TceTable Table, ulong Index), PinnedRange> _pages = [];

    /// <summary>VFIO_IOMMU_MAP_DMA by a caller in this process: the same, with a struct that is copied already. The container's lock is
    /// held.</summary>
    public SysResult MapDma(ClientTask caller, in VfioIommuType1DmaMap map)
    {
        if (!_isEnabled || (_memory is not null && _memory != caller.Memory))
        {
            return Errno.EPERM;
        }

        if (map.ArgSz < VfioIommuType1DmaMap.MinSize || (map.Flags & ~MapFlags) != 0)
        {
            return Errno.EINVAL;
        }

        var result = CreateDefaultWindow(caller);
        if (result.IsError)
        {
            return result;
        }

        var number = _windows.Find(map.Iova);
        return number < 0 ? Errno.ENXIO : Map(caller, _windows[number]!, map);
    }

    private SysResult Map(ClientTask caller, TceTable table, in VfioIommuType1DmaMap map)
    {
        var window = table.Window;
        var mask = window.PageSize - 1;
        if (((map.Size | map.Vaddr) & mask) != 0 || map.Flags == 0)
        {
            return Errno.EINVAL;
        }

        if ((map.Iova & mask) != 0 || !window.TryIndex(map.Iova, out var index))
        {
            return s_outOfRange;
        }

        var permissions = ((map.Flags & VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_READ) != 0 ? Tce.Read : 0)
            | ((map.Flags & VfioDmaMapFlags.VFIO_DMA_MAP_FLAG_WRITE) != 0 ? Tce.Write : 0);
        return Build(caller, table, index, map.Vaddr, map.Size >> window.PageShift, permissions);
    }

    private SysResult MapDma(ClientTask caller, ulong argument)
    {
        if (!_isEnabled)
        {
            return Errno.EPERM;
        }

        return caller.Memory.TryRead<VfioIommuType1DmaMap>(argument, out var map) ? MapDma(caller, map) : Errno.EFAULT;
    }

    /// <summary>VFIO_IOMMU_UNMAP_DMA by a caller in this process. The container's lock is held.</summary>
    public SysResult UnmapDma(ClientTask caller, in VfioIommuType1DmaUnmap unmap)
    {
        if (!_isEnabled || (_memory is not null && _memory != caller.Memory))
        {
            return Errno.EPERM;
        }

        if (unmap.ArgSz < VfioIommuType1DmaUnmap.MinSize || unmap.Flags != 0)
        {
            return Errno.EINVAL;
        }

        var result = CreateDefaultWindow(caller);
        if (result.IsError)
        {
            return result;
        }

        var number = _windows.Find(unmap.Iova);
        return number < 0 ? Errno.ENXIO : Unmap(_windows[number]!, unmap);
    }

    private SysResult UnmapDma(ClientTask caller, ulong argument)
    {
        if (!_isEnabled)
        {
            return Errno.EPERM;
        }

        return caller.Memory.TryReadPrefix<VfioIommuType1DmaUnmap>(argument, VfioIommuType1DmaUnmap.MinSize, out var unmap)
            ? UnmapDma(caller, unmap)
            : Errno.EFAULT;
    }

    private SysResult Unmap(TceTable table, in VfioIommuType1DmaUnmap unmap)
    {
        var window = table.Window;
        if ((unmap.Size & (window.PageSize - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        var pages = unmap.Size >> window.PageShift;
        if ((unmap.Iova & (window.PageSize - 1)) != 0
            || !window.TryIndex(unmap.Iova, out var index) || pages > window.Pages - index)
        {
            return s_outOfRange;
        }

        Clear(table, index, pages);
        return SysResult.Success;
    }

    /// <summary>tce_iommu_build and tce_iommu_build_v2: what comes before a page that fails is taken back, and so is what was there
    /// before.</summary>
    private SysResult Build(ClientTask caller, TceTable table, ulong index, ulong address, ulong pages, ulong permissions)
    {
        var replaces = false;
        for (var i = 0UL; i < pages; i++)
        {
            var result = Put(caller, table, index + i, (address + (i << table.Window.PageShift)) | permissions, ref replaces);
            if (result.IsError)
            {
                Clear(table, index, i);
                return result;
            }
        }

        if (replaces)
        {
            table.Kill();
        }

        return SysResult.Success;
    }

    private SysResult Put(ClientTask caller, TceTable table, ulong index, ulong entry, ref bool replaces)
    {
        if (!_isV2)
        {
            return PutPinned(caller, table, index, entry);
        }

        if (!table.Memory!.TryFindPage(entry & ~Tce.Permissions, table.Window.PageShift, out _))
        {
            return Errno.EINVAL;
        }

        var result = Exchange(table, index, entry, out var old);
        if (result.IsError)
        {
            return result;
        }

        replaces |= old != 0;
        return SysResult.Success;
    }

    /// <summary>Version 1: each entry holds its page.</summary>
    private SysResult PutPinned(ClientTask caller, TceTable table, ulong index, ulong entry)
    {
        var window = table.Window;
        var address = entry & ~Tce.Permissions;

        // Whatever the device may do, the kernel wants to write (it looks for the permissions where they are not).
        var result = caller.Memory.Pin(address, window.PageSize, writable: true, out var pinned);
        if (result.IsError)
        {
            return result;
        }

        result = Exchange(table, index, entry, out var old);
        if (result.IsError)
        {
            pinned.Source!.Release(pinned);
            return result;
        }

        if (old != 0)
        {
            Unpin(table, index);
        }

        var first = window.Start + (index << window.PageShift);
        _space.Map(first, first + (window.PageSize - 1), pinned.Source!, pinned.Offset, Tce.AccessOf(entry));
        _pages.Add((table, index), pinned);
        return SysResult.Success;
    }

    private SysResult Exchange(TceTable table, ulong index, ulong entry, out ulong old)
    {
        if (index >= table.Window.Pages)
        {
            old = 0;
            return _platform.PastTheEnd;
        }

        return table.TryExchange(index, entry, out old) ? SysResult.Success : Errno.ENOMEM;
    }

    private void Unpin(TceTable table, ulong index)
    {
        if (_pages.Remove((table, index), out var pinned))
        {
            _space.Unmap(table.Window.Start + (index << table.Window.PageShift));
            pinned.Source!.Release(pinned);
        }
    }

    /// <summary>tce_iommu_clear.</summary>
    private void Clear(TceTable table, ulong index, ulong pages)
    {
        var removes = false;
        for (var done = 0UL; done < pages;)
        {
            var run = table.Run(index + done, pages - done);
            if (run.IsEmpty)
            {
                done += table.PagesToNextRun(index + done);
                continue;
            }

            for (var i = 0; i < run.Length; i++)
            {
                if (run[i] == 0)
                {
                    continue;
                }

                Volatile.Write(ref run[i], 0);
                removes = true;
                Unpin(table, index + done + (ulong)i);
            }

            done += (ulong)run.Length;
        }

        if (removes)
        {
            table.Kill();
        }
    }
}
