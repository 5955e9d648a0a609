using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Server;

/// <content>What the device may reach.</content>
internal sealed partial class ServerSession
{
    private SysResult MapDma()
        => TryGet(VfioUserDmaMap.StructSize, out VfioUserDmaMap map) && map.ArgSz >= VfioUserDmaMap.StructSize && _descriptors.Count <= 1
            ? _maps!.Map(map, _descriptors.Count == 0 ? null : _descriptors[0])
            : Errno.EINVAL;

    private SysResult UnmapDma()
    {
        if (!TryGet(VfioUserDmaUnmap.StructSize, out VfioUserDmaUnmap unmap) || unmap.ArgSz < VfioUserDmaUnmap.StructSize)
        {
            return Errno.EINVAL;
        }

        switch (unmap.Flags)
        {
            case VfioUserDmaUnmapFlags.None:
                var result = _maps!.Unmap(unmap.Address, unmap.Size);
                if (result.IsError)
                {
                    return result;
                }

                break;
            case VfioUserDmaUnmapFlags.All when unmap is { Address: 0, Size: 0 }:
                _maps!.Clear();
                break;
            case VfioUserDmaUnmapFlags.GetDirtyBitmap:
                // It belongs to migration, which no device here has.
                return Errno.EOPNOTSUPP;
            default:
                return Errno.EINVAL;
        }

        StructBytes.Write(Room(VfioUserDmaUnmap.StructSize).Span, unmap);
        return SysResult.FromValue(VfioUserDmaUnmap.StructSize);
    }
}
