using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Ioctl;

namespace Viaduct.Pci.VfioPci;

/// <content>What the device says of itself.</content>
public sealed partial class VfioPciDevice
{
    private const VfioRegionInfoFlags ReadWrite =
        VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_READ | VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_WRITE;

    /// <summary>The memory BAR of an index, or the I/O one; null where there is none.</summary>
    internal PciBar? FindBar(ulong index) => index < PCI_STD_NUM_BARS ? Function.Bars[(int)index] : null;

    /// <summary>Interrupts of an index; zero where there is no such index.</summary>
    internal uint CountIrqs(uint index) => index switch
    {
        VFIO_PCI_INTX_IRQ_INDEX => Function.Identity.InterruptPin != 0 && !Function.IsVirtual && !VfioPciQuirks.HasNoUsableIntx(Function.Identity) ? 1u : 0,
        VFIO_PCI_MSI_IRQ_INDEX => (uint)(Function.Msi?.Vectors ?? 0),
        VFIO_PCI_MSIX_IRQ_INDEX => (uint)(Function.Msix?.Vectors ?? 0),
        VFIO_PCI_ERR_IRQ_INDEX or VFIO_PCI_REQ_IRQ_INDEX => 1,
        _ => 0,
    };

    private SysResult GetInfo(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioDeviceInfo.MinSize, out VfioDeviceInfo info))
        {
            return Errno.EFAULT;
        }

        if (info.ArgSz < VfioDeviceInfo.MinSize)
        {
            return Errno.EINVAL;
        }

        info.Flags = VfioDeviceInfoFlags.VFIO_DEVICE_FLAGS_PCI
            | (_resetWorks ? VfioDeviceInfoFlags.VFIO_DEVICE_FLAGS_RESET : VfioDeviceInfoFlags.None);
        info.NumRegions = VFIO_PCI_NUM_REGIONS;
        info.NumIrqs = VFIO_PCI_NUM_IRQS;
        info.CapOffset = 0;
        var length = (int)Math.Min(info.ArgSz, VfioDeviceInfo.Size);
        return caller.Memory.TryWritePrefix(argument, length, info) ? SysResult.Success : Errno.EFAULT;
    }

    private SysResult GetRegionInfo(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioRegionInfo.MinSize, out VfioRegionInfo info))
        {
            return Errno.EFAULT;
        }

        if (info.ArgSz < VfioRegionInfo.MinSize || info.Index >= VFIO_PCI_VGA_REGION_INDEX)
        {
            return Errno.EINVAL;
        }

        info.Offset = (ulong)info.Index << RegionShift;
        info.Size = 0;
        info.Flags = VfioRegionInfoFlags.None;
        if (info.Index == VFIO_PCI_CONFIG_REGION_INDEX)
        {
            info.Size = (ulong)Function.ConfigSize;
            info.Flags = ReadWrite;
        }
        else if (info.Index == VFIO_PCI_ROM_REGION_INDEX)
        {
            DescribeRom(ref info);
        }
        else if (FindBar(info.Index) is { } bar)
        {
            var result = DescribeBar(caller, argument, bar, ref info);
            if (result.IsError)
            {
                return result;
            }
        }

        return caller.Memory.TryWrite(argument, info) ? SysResult.Success : Errno.EFAULT;
    }

    private SysResult DescribeBar(Caller caller, ulong argument, PciBar bar, ref VfioRegionInfo info)
    {
        info.Size = bar.Size;
        info.Flags = ReadWrite;
        if (!bar.IsMappable || caller.RunsGuests)
        {
            return SysResult.Success;
        }

        info.Flags |= VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_MMAP;
        var chain = new CapabilityChain(VfioRegionInfo.StructSize);
        if (bar.MappableAreas is { } areas)
        {
            chain.Add(VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, EncodeAreas(areas));
        }

        if (Function.Msix?.TableBar == bar.Index)
        {
            chain.Add(VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1, []);
        }

        if (chain.Length == 0)
        {
            return SysResult.Success;
        }

        info.Flags |= VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_CAPS;
        return chain.CopyTo(caller.Memory, argument, ref info.ArgSz, out info.CapOffset);
    }

    private static byte[] EncodeAreas(IReadOnlyList<PciBarArea> areas)
    {
        const int CountSize = 8;
        var body = new byte[CountSize + (areas.Count * VfioRegionSparseMmapArea.StructSize)];
        BinaryPrimitives.WriteUInt32LittleEndian(body, (uint)areas.Count);
        for (var i = 0; i < areas.Count; i++)
        {
            var at = CountSize + (i * VfioRegionSparseMmapArea.StructSize);
            BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(at), areas[i].Offset);
            BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(at + 8), areas[i].Size);
        }

        return body;
    }

    private SysResult GetIrqInfo(Caller caller, ulong argument)
    {
        if (!caller.Memory.TryReadPrefix(argument, VfioIrqInfo.MinSize, out VfioIrqInfo info))
        {
            return Errno.EFAULT;
        }

        if (info.ArgSz < VfioIrqInfo.MinSize || info.Index >= VFIO_PCI_NUM_IRQS)
        {
            return Errno.EINVAL;
        }

        // MSI-X vectors can be added one by one while others are in use.
        info.Flags = VfioIrqInfoFlags.VFIO_IRQ_INFO_EVENTFD | info.Index switch
        {
            VFIO_PCI_INTX_IRQ_INDEX =>
                VfioIrqInfoFlags.VFIO_IRQ_INFO_MASKABLE | VfioIrqInfoFlags.VFIO_IRQ_INFO_AUTOMASKED,
            VFIO_PCI_MSIX_IRQ_INDEX when Function.Msix is not null => VfioIrqInfoFlags.None,
            _ => VfioIrqInfoFlags.VFIO_IRQ_INFO_NORESIZE,
        };
        info.Count = CountIrqs(info.Index);
        return caller.Memory.TryWrite(argument, info) ? SysResult.Success : Errno.EFAULT;
    }
}
