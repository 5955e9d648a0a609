using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Server;

/// <content>What the device says of itself.</content>
internal sealed partial class ServerSession
{
    // struct vfio_device_info as the protocol has it, without what later kernels added.
    private const int DeviceInfoSize = 16;
    private const int IrqInfoSize = 16;

    // As much as any capability chain or feature of the core needs.
    private const int LargestStruct = 64 << 10;

    private SysResult GetInfo()
    {
        if (!TryGet(DeviceInfoSize, out uint size) || size < DeviceInfoSize)
        {
            return Errno.EINVAL;
        }

        return Ask(VfioIoctl.VFIO_DEVICE_GET_INFO, DeviceInfoSize, DeviceInfoSize);
    }

    private SysResult GetIrqInfo()
    {
        if (!TryGet(IrqInfoSize, out uint size) || size < IrqInfoSize)
        {
            return Errno.EINVAL;
        }

        return Ask(VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO, IrqInfoSize, IrqInfoSize);
    }

    private SysResult GetRegionInfo()
    {
        if (!TryGet(VfioRegionInfo.StructSize, out VfioRegionInfo asked) || asked.ArgSz < VfioRegionInfo.StructSize)
        {
            return Errno.EINVAL;
        }

        var result = Ask(VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, VfioRegionInfo.StructSize, VfioRegionInfo.StructSize);
        if (result.IsError && asked.Index < VfioConstants.VFIO_PCI_NUM_REGIONS)
        {
            // A client of the protocol asks for each region that GET_INFO counts, and libvfio-user's ends at an error: what the kernel
            // refuses because the device has none (VGA) is empty here, as with other servers.
            var none = new VfioRegionInfo { ArgSz = VfioRegionInfo.StructSize, Index = asked.Index };
            StructBytes.Write(Room(VfioRegionInfo.StructSize).Span, none);
            return SysResult.FromValue(VfioRegionInfo.StructSize);
        }

        if (!result.IsError)
        {
            // A mapping needs memory behind it: what the supervisor does with faults no socket can.
            var reply = Room(VfioRegionInfo.StructSize).Span;
            var info = StructBytes.Read<VfioRegionInfo>(reply);
            info.Flags &= VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_READ | VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_WRITE;
            (info.ArgSz, info.CapOffset, info.Offset) = (VfioRegionInfo.StructSize, 0, 0);
            StructBytes.Write(reply, info);
        }

        return result;
    }

    /// <summary>Doorbells of the region that eventfds can stand for: none, because no model has one that needs no data.</summary>
    private SysResult GetRegionIoFds()
    {
        if (!TryGet(VfioUserRegionIoFds.StructSize, out VfioUserRegionIoFds asked) || asked.ArgSz < VfioUserRegionIoFds.StructSize
            || asked.Flags != 0 || asked.Count != 0 || asked.Index >= MostRegions)
        {
            return Errno.EINVAL;
        }

        asked.ArgSz = VfioUserRegionIoFds.StructSize;
        StructBytes.Write(Room(VfioUserRegionIoFds.StructSize).Span, asked);
        return SysResult.FromValue(VfioUserRegionIoFds.StructSize);
    }

    /// <summary>VFIO_DEVICE_FEATURE, whatever the core knows of it.</summary>
    private SysResult Feature()
    {
        const int FeatureSize = 8;
        if (!TryGet(FeatureSize, out VfioDeviceFeature feature) || feature.ArgSz < FeatureSize || _payload.Length > LargestStruct)
        {
            return Errno.EINVAL;
        }

        var isGet = (feature.Flags & (VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_GET | VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_PROBE))
            == VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_GET;
        var length = isGet ? (int)Math.Clamp(feature.ArgSz, (uint)_payload.Length, LargestStruct) : _payload.Length;
        return Ask(VfioIoctl.VFIO_DEVICE_FEATURE, length, length);
    }

    /// <summary>Has the core answer an ioctl whose structure is the payload, in place.</summary>
    /// <param name="command">The ioctl.</param>
    /// <param name="argSz">What the core is told of the structure's size.</param>
    /// <param name="length">Bytes of the reply.</param>
    private SysResult Ask(uint command, int argSz, int length)
    {
        var reply = Room(length);
        reply.Span.Clear();
        _payload.Span[..Math.Min(_payload.Length, length)].CopyTo(reply.Span);
        StructBytes.Write(reply.Span, (uint)argSz);
        _memory.Show(reply);
        var result = _device.Ioctl(_caller, command, MessageMemory.Base);
        return result.IsError ? result : SysResult.FromValue(length);
    }
}
