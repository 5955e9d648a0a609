using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu;

public sealed partial class Type1Iommu
{
    /// <summary>Capabilities begin at multiples of 8 bytes: vfio_info_cap_add.</summary>
    private const int DmaAvailSize = (VfioIommuType1InfoDmaAvail.Size + 7) & ~7;

    /// <summary>vfio_iommu_type1_get_info.</summary>
    private SysResult GetInfo(ClientTask caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix<VfioIommuType1Info>(argument, VfioIommuType1Info.MinSize, out var info))
        {
            return Errno.EFAULT;
        }

        if (info.ArgSz < VfioIommuType1Info.MinSize)
        {
            return Errno.EINVAL;
        }

        var size = (int)Math.Min(info.ArgSz, VfioIommuType1Info.Size);
        info.Flags = VfioIommuType1InfoFlags.VFIO_IOMMU_INFO_PGSIZES | VfioIommuType1InfoFlags.VFIO_IOMMU_INFO_CAPS;
        info.IovaPgsizes = _pageSizes;
        var capabilities = new byte[CapabilitiesSize()];
        var wanted = (uint)(VfioIommuType1Info.Size + capabilities.Length);
        if (info.ArgSz < wanted)
        {
            info.ArgSz = wanted;
        }
        else
        {
            WriteCapabilities(capabilities);
            if (!caller.Memory.TryWrite(argument + VfioIommuType1Info.Size, capabilities))
            {
                return Errno.EFAULT;
            }

            info.CapOffset = VfioIommuType1Info.Size;
        }

        return caller.Memory.TryWritePrefix(argument, size, info) ? SysResult.Success : Errno.EFAULT;
    }

    private int RangesSize()
        => _validRanges.Count == 0
            ? 0
            : VfioIommuType1InfoCapIovaRange.Size + (_validRanges.Count * VfioIovaRange.Size);

    private int CapabilitiesSize() => VfioIommuType1InfoCapMigration.Size + DmaAvailSize + RangesSize();

    private void WriteCapabilities(Span<byte> bytes)
    {
        const int AvailAt = VfioIommuType1InfoCapMigration.Size;
        const int RangesAt = AvailAt + DmaAvailSize;
        const uint Base = VfioIommuType1Info.Size;
        StructBytes.Write(bytes, new VfioIommuType1InfoCapMigration
        {
            Header = Header(VfioConstants.VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, Base + AvailAt),
            PgsizeBitmap = PageSize,
            MaxDirtyBitmapSize = DirtyBitmapSizeMax,
        });
        StructBytes.Write(bytes[AvailAt..], new VfioIommuType1InfoDmaAvail
        {
            Header = Header(
                VfioConstants.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, _validRanges.Count == 0 ? 0 : Base + RangesAt),
            Avail = _available,
        });
        if (_validRanges.Count == 0)
        {
            return;
        }

        var ranges = bytes[RangesAt..];
        StructBytes.Write(ranges, new VfioIommuType1InfoCapIovaRange
        {
            Header = Header(VfioConstants.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 0),
            NrIovas = (uint)_validRanges.Count,
        });
        ranges = ranges[VfioIommuType1InfoCapIovaRange.Size..];
        foreach (var range in _validRanges)
        {
            StructBytes.Write(ranges, range);
            ranges = ranges[VfioIovaRange.Size..];
        }
    }

    private static VfioInfoCapHeader Header(ushort id, uint next) => new() { Id = id, Version = 1, Next = next };
}
