using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Server;

/// <content>Reads and writes of regions.</content>
internal sealed partial class ServerSession
{
    // Regions in the device's file, vfio-pci's VFIO_PCI_OFFSET_SHIFT.
    private const int RegionShift = 40;
    private const uint MostRegions = 16;

    private SysResult ReadRegion()
    {
        if (!TryGet(VfioUserRegionAccess.StructSize, out VfioUserRegionAccess access) || !IsSane(access))
        {
            return Errno.EINVAL;
        }

        var reply = Room(VfioUserRegionAccess.StructSize + (int)access.Count);
        _memory.Show(reply[VfioUserRegionAccess.StructSize..]);
        var result = _device.Read(_caller, MessageMemory.Base, access.Count, Position(access.Region, access.Offset));
        if (result.IsError)
        {
            return result;
        }

        access.Count = (uint)result.Raw;
        StructBytes.Write(reply.Span, access);
        return SysResult.FromValue(VfioUserRegionAccess.StructSize + result.Raw);
    }

    private SysResult WriteRegion()
    {
        if (!TryGet(VfioUserRegionAccess.StructSize, out VfioUserRegionAccess access) || !IsSane(access)
            || (uint)_payload.Length - VfioUserRegionAccess.StructSize < access.Count)
        {
            return Errno.EINVAL;
        }

        _memory.Show(_payload[VfioUserRegionAccess.StructSize..]);
        var result = _device.Write(_caller, MessageMemory.Base, access.Count, Position(access.Region, access.Offset));
        if (result.IsError)
        {
            return result;
        }

        access.Count = (uint)result.Raw;
        StructBytes.Write(Room(VfioUserRegionAccess.StructSize).Span, access);
        return SysResult.FromValue(VfioUserRegionAccess.StructSize);
    }

    /// <summary>Several small writes; what comes behind one that fails is not done.</summary>
    private SysResult WriteRegions()
    {
        const int CountSize = sizeof(ulong);
        const int DataOffset = VfioUserMultiWrite.StructSize - sizeof(ulong);
        if (!TryGet(CountSize, out ulong count) || count > (ulong)(_payload.Length - CountSize) / VfioUserMultiWrite.StructSize)
        {
            return Errno.EINVAL;
        }

        var done = 0UL;
        for (; done < count; done++)
        {
            var entry = _payload.Slice(CountSize + ((int)done * VfioUserMultiWrite.StructSize), VfioUserMultiWrite.StructSize);
            var write = StructBytes.Read<VfioUserMultiWrite>(entry.Span);
            var access = new VfioUserRegionAccess { Offset = write.Offset, Region = write.Region, Count = write.Count };
            _memory.Show(entry[DataOffset..]);
            var result = write.Count > sizeof(ulong) || !IsSane(access)
                ? Errno.EINVAL
                : _device.Write(_caller, MessageMemory.Base, write.Count, Position(write.Region, write.Offset));
            if (result.IsError && done == 0)
            {
                return result;
            }

            if (result.IsError)
            {
                break;
            }
        }

        StructBytes.Write(Room(CountSize).Span, done);
        return SysResult.FromValue(CountSize);
    }

    private bool IsSane(in VfioUserRegionAccess access)
        => access.Count <= (uint)_options.MaxDataTransfer && access.Region < MostRegions && access.Offset < 1UL << RegionShift;

    private static ulong Position(uint region, ulong offset) => ((ulong)region << RegionShift) | offset;
}
