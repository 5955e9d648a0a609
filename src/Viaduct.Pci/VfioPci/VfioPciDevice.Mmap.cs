using Viaduct.Abi;
using Viaduct.Iommu.Eeh;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Files;

namespace Viaduct.Pci.VfioPci;

/// <content>Mapped BARs: which mappings may be, and the loads and stores through them.</content>
public sealed partial class VfioPciDevice
{
    private const ulong PageSize = 4096;

    /// <summary>vfio_pci_core_mmap. Nothing can be mapped by who runs guests, as VFIO_DEVICE_GET_REGION_INFO says.</summary>
    public override SysResult Mmap(in MmapRequest request)
    {
        var offset = request.Position & RegionMask;
        if (!request.Shared || request.RunsGuests || FindBar(request.Position >> RegionShift) is not { IsMappable: true } bar)
        {
            return Errno.EINVAL;
        }

        var size = (bar.Size + (PageSize - 1)) & ~(PageSize - 1);
        if (offset >= size || request.Length > size - offset)
        {
            return Errno.EINVAL;
        }

        return bar.MappableAreas is null || IsInside(bar.MappableAreas, offset, request.Length)
            ? SysResult.Success
            : Errno.EINVAL;
    }

    /// <inheritdoc/>
    public override bool TryLoad(ulong position, int width, out ulong value)
    {
        var index = position >> RegionShift;
        lock (Function.Gate)
        {
            if (!_memoryEnabled || _inLowPower || index >= PCI_STD_NUM_BARS)
            {
                value = 0;
                return false;
            }

            value = Passes(EehAccess.LoadMemory, (int)index, position & RegionMask)
                ? Function.ReadBarLocked((int)index, position & RegionMask, width)
                : ulong.MaxValue;
            return true;
        }
    }

    /// <inheritdoc/>
    public override bool TryStore(ulong position, int width, ulong value)
    {
        var index = position >> RegionShift;
        lock (Function.Gate)
        {
            if (!_memoryEnabled || _inLowPower || index >= PCI_STD_NUM_BARS)
            {
                return false;
            }

            if (!_isStopped && Passes(EehAccess.StoreMemory, (int)index, position & RegionMask))
            {
                Function.WriteBarLocked((int)index, position & RegionMask, width, value);
            }

            return true;
        }
    }

    private static bool IsInside(IReadOnlyList<PciBarArea> areas, ulong offset, ulong length)
    {
        foreach (var area in areas)
        {
            var inside = offset - area.Offset;
            if (offset >= area.Offset && inside < area.Size && length <= area.Size - inside)
            {
                return true;
            }
        }

        return false;
    }
}
