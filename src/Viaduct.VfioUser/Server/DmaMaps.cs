using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Memory.Remote;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Server;

/// <summary>What a client let the device reach. For the thread that serves the client.</summary>
/// <param name="space">The device's address space.</param>
/// <param name="channel">For memory that comes without a descriptor.</param>
/// <param name="most">Mappings at once.</param>
/// <param name="whileWaiting">Called while a transfer must end before a mapping can go.</param>
internal sealed class DmaMaps(IoAddressSpace space, DmaChannel channel, int most, Action whileWaiting)
{
    private const ulong PageSize = 4096;
    private const VfioUserDmaFlags Known = VfioUserDmaFlags.Readable | VfioUserDmaFlags.Writeable
        | VfioUserDmaFlags.Mmap | VfioUserDmaFlags.FileIo;

    private readonly UnsharedMemory _unshared = new(channel);
    private readonly IovaMap<PinnedRange> _maps = new();

    /// <summary>The client as the owner of all memory.</summary>
    public MemorySource Owner => _unshared;

    /// <summary>Mappings that there are.</summary>
    public int Count => _maps.Count;

    /// <summary>VFIO_USER_DMA_MAP.</summary>
    /// <param name="map">What the client wants.</param>
    /// <param name="file">The descriptor beside it, which stays the caller's; null where there was none.</param>
    /// <returns>Zero; EINVAL where a field is not good, or the file ends before the memory does; EEXIST where something is mapped there;
    /// ENOSPC where there are too many; what mmap(2) says.</returns>
    public SysResult Map(in VfioUserDmaMap map, SafeFileHandle? file)
    {
        var last = map.Address + (map.Size - 1);
        if ((map.Flags & ~Known) != 0 || map.Size == 0 || last < map.Address
            || ((map.Address | map.Size) & (PageSize - 1)) != 0
            || (file is not null && (map.Offset & (PageSize - 1)) != 0)
            || (file is null && (map.Flags & (VfioUserDmaFlags.Mmap | VfioUserDmaFlags.FileIo)) != 0))
        {
            return Errno.EINVAL;
        }

        if (_maps.TryFindOverlap(map.Address, last, out _))
        {
            return Errno.EEXIST;
        }

        if (_maps.Count >= most)
        {
            return Errno.ENOSPC;
        }

        var result = Pin(map, file, out var pinned);
        if (!result.IsError)
        {
            _maps.TryAdd(map.Address, last, pinned);
            space.Map(map.Address, last, pinned.Source!, pinned.Offset, Access(map.Flags));
        }

        return result;
    }

    /// <summary>VFIO_USER_DMA_UNMAP of one mapping. When it returns the device does not touch the memory any more.</summary>
    /// <returns>Zero; ENOENT where there is no mapping with exactly these ends.</returns>
    public SysResult Unmap(ulong address, ulong size)
    {
        if (size == 0 || !_maps.TryFind(address, out var entry) || entry.First != address || entry.Last != address + (size - 1))
        {
            return Errno.ENOENT;
        }

        space.UnmapDeferred(address);
        space.WaitForTransfersWhile(whileWaiting);
        _maps.TryRemove(address, out _);
        entry.Value.Source!.Release(entry.Value);
        return SysResult.Success;
    }

    /// <summary>All of them.</summary>
    public void Clear()
    {
        var all = new List<IovaRange<PinnedRange>>();
        for (var at = 0UL; _maps.TryFindOverlap(at, ulong.MaxValue, out var entry);)
        {
            all.Add(entry);
            space.UnmapDeferred(entry.First);
            if (entry.Last == ulong.MaxValue)
            {
                break;
            }

            at = entry.Last + 1;
        }

        space.WaitForTransfersWhile(whileWaiting);
        foreach (var entry in all)
        {
            _maps.TryRemove(entry.First, out _);
            entry.Value.Source!.Release(entry.Value);
        }
    }

    private SysResult Pin(in VfioUserDmaMap map, SafeFileHandle? file, out PinnedRange pinned)
    {
        if (file is null)
        {
            pinned = new PinnedRange(_unshared, map.Address, 0);
            return SysResult.Success;
        }

        if ((map.Flags & VfioUserDmaFlags.FileIo) != 0)
        {
            var result = Linux.Descriptors.MemoryFile.Duplicate(file, out var copy);
            pinned = result.IsError ? default : new PinnedRange(new FileMemorySource(copy!), map.Offset, 0);
            return result.IsError ? result : SysResult.Success;
        }

        using var descriptor = new FileDescriptorHandle((int)file.DangerousGetHandle(), ownsHandle: false);
        var isWritable = (map.Flags & VfioUserDmaFlags.Writeable) != 0;
        return FileWindow.Map(descriptor, map.Offset, map.Size, isWritable, out pinned);
    }

    private static DmaAccess Access(VfioUserDmaFlags flags)
        => ((flags & VfioUserDmaFlags.Readable) != 0 ? DmaAccess.Read : DmaAccess.None)
            | ((flags & VfioUserDmaFlags.Writeable) != 0 ? DmaAccess.Write : DmaAccess.None);
}
