using System.Diagnostics.CodeAnalysis;
using Viaduct.Abi;

namespace Viaduct.Iommu.Iommufd;

/// <content>IOMMU_GET_HW_INFO.</content>
public sealed partial class IommufdContext
{
    private SysResult GetHwInfo(IommufdCall call)
    {
        var read = call.Read(IommuHwInfo.StructSize, out IommuHwInfo command);
        if (read.IsError)
        {
            return read;
        }

        if ((command.Flags & ~IommuHwInfoFlags.IOMMU_HW_INFO_FLAG_INPUT_TYPE) != 0
            || command.Reserved[0] != 0 || command.Reserved[1] != 0 || command.Reserved[2] != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        lock (_lock)
        {
            if (!TryFindDevice(command.DevId, out var device))
            {
                return Errno.ENOENT;
            }

            var unit = device.Group.Iommu.Unit;
            var wanted = command.Flags == 0 ? IommuHwInfoType.IOMMU_HW_INFO_TYPE_NONE : command.InDataType;
            if (unit.PhysicalMemory is not null
                || (wanted != IommuHwInfoType.IOMMU_HW_INFO_TYPE_NONE && wanted != unit.HardwareType))
            {
                return Errno.EOPNOTSUPP;
            }

            if (!CopyHardwareInfo(call, command, unit))
            {
                return Errno.EFAULT;
            }

            command.OutDataType = unit.HardwareType;
            command.DataLen = (uint)unit.HardwareInfo.Length;
            command.OutMaxPasidLog2 = 0;
            command.OutCapabilities = IommuHwCapabilities.IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED
                | (unit.TracksDirtyPages ? IommuHwCapabilities.IOMMU_HW_CAP_DIRTY_TRACKING : IommuHwCapabilities.None);
            return call.Respond(IommuHwInfo.StructSize, command);
        }
    }

    /// <summary>As much as the client has room for; what its buffer has beyond it is zeroed.</summary>
    private static bool CopyHardwareInfo(in IommufdCall call, in IommuHwInfo command, IommuUnit unit)
    {
        Span<byte> zeros = stackalloc byte[256];
        zeros.Clear();
        var known = unit.HardwareInfo.Span;
        var copied = (uint)Math.Min(command.DataLen, known.Length);
        if (copied > 0 && !call.Caller.Memory.TryWrite(command.DataUptr, known[..(int)copied]))
        {
            return false;
        }

        for (var at = copied; at < command.DataLen;)
        {
            var length = (int)Math.Min(command.DataLen - at, (uint)zeros.Length);
            if (!call.Caller.Memory.TryWrite(command.DataUptr + at, zeros[..length]))
            {
                return false;
            }

            at += (uint)length;
        }

        return true;
    }

    private bool TryFindDevice(uint id, [NotNullWhen(true)] out IommufdDevice? device)
    {
        device = _objects.TryFind(id, out var found) && found is IommufdDevice.Entry entry ? entry.Device : null;
        return device is not null;
    }
}
