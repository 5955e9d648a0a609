using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.Vfio.Devices;

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

        if (result.IsError)
        {
            return result;
        }

        // What the supervisor does with faults no socket can: a mapping needs memory behind it.
        var info = StructBytes.Read<VfioRegionInfo>(Room(VfioRegionInfo.StructSize).Span);
        info.Flags &= VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_READ | VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_WRITE;
        (info.ArgSz, info.CapOffset, info.Offset) = (VfioRegionInfo.StructSize, 0, 0);
        if (_clientDescriptors > 0 && _device.GetRegionMemory(asked.Index) is { } memory)
        {
            return DescribeMemory(memory, asked.ArgSz, info);
        }

        StructBytes.Write(Room(VfioRegionInfo.StructSize).Span, info);
        return result;
    }

    /// <summary>A region that can be mapped. A reply without room for all has neither capability nor file: argsz tells what to ask
    /// with.</summary>
    private SysResult DescribeMemory(RegionMemory memory, uint argSz, VfioRegionInfo info)
    {
        var areas = memory.Areas;
        var isWhole = areas.Count == 1 && areas[0].Offset == 0 && areas[0].Size == info.Size;
        var chain = isWhole ? 0 : VfioRegionInfoCapSparseMmap.Size + (areas.Count * VfioRegionSparseMmapArea.StructSize);
        info.Flags |= VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_MMAP;
        info.ArgSz = VfioRegionInfo.StructSize + (uint)chain;
        if (argSz < info.ArgSz)
        {
            StructBytes.Write(Room(VfioRegionInfo.StructSize).Span, info);
            return SysResult.FromValue(VfioRegionInfo.StructSize);
        }

        var reply = Room((int)info.ArgSz).Span;
        if (!isWhole)
        {
            // QEMU refuses the flag without an offset, so it goes with the chain only.
            info.Flags |= VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_CAPS;
            info.CapOffset = VfioRegionInfo.StructSize;
            WriteSparse(reply[VfioRegionInfo.StructSize..], areas);
        }

        StructBytes.Write(reply, info);
        _attached = [memory.File];
        return SysResult.FromValue(reply.Length);
    }

    private static void WriteSparse(Span<byte> chain, IReadOnlyList<VfioRegionSparseMmapArea> areas)
    {
        StructBytes.Write(chain, new VfioRegionInfoCapSparseMmap
        {
            Header = new VfioInfoCapHeader { Id = VfioConstants.VFIO_REGION_INFO_CAP_SPARSE_MMAP, Version = 1 },
            NrAreas = (uint)areas.Count,
        });
        for (var i = 0; i < areas.Count; i++)
        {
            StructBytes.Write(chain[(VfioRegionInfoCapSparseMmap.Size + (i * VfioRegionSparseMmapArea.StructSize))..], areas[i]);
        }
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
