using System.Numerics;
using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Server;

/// <content>DMA logging: which pages the device wrote.</content>
internal sealed partial class ServerSession
{
    private SysResult StartLogging(VfioDeviceFeature feature)
    {
        if (CheckFeature(feature, VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_SET, VfioUserDmaLoggingControl.StructSize) is { } answer)
        {
            return answer;
        }

        var data = _payload.Span[FeatureSize..];
        var control = StructBytes.Read<VfioUserDmaLoggingControl>(data);
        data = data[VfioUserDmaLoggingControl.StructSize..];
        if (!BitOperations.IsPow2(control.PageSize) || control.Reserved != 0)
        {
            return Errno.EINVAL;
        }

        if (control.NumRanges > Iommu.WriteLog.MostRanges)
        {
            return Errno.E2BIG;
        }

        var ranges = new VfioDeviceFeatureDmaLoggingRange[control.NumRanges];
        if (data.Length < ranges.Length * VfioDeviceFeatureDmaLoggingRange.Size)
        {
            return Errno.EINVAL;
        }

        for (var i = 0; i < ranges.Length; i++)
        {
            ranges[i] = StructBytes.Read<VfioDeviceFeatureDmaLoggingRange>(data[(i * VfioDeviceFeatureDmaLoggingRange.Size)..]);
        }

        var reply = Echo();
        control.PageSize = Iommu.WriteLog.PageSize;
        StructBytes.Write(reply.Span[FeatureSize..], control);
        var result = _writes.Start(ranges, WhileWaiting);
        return result.IsError ? result : SysResult.FromValue(reply.Length);
    }

    private SysResult StopLogging(VfioDeviceFeature feature)
    {
        if (CheckFeature(feature, VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_SET, 0) is { } answer)
        {
            return answer;
        }

        var length = Echo().Length;
        _writes.Stop(WhileWaiting);
        return SysResult.FromValue(length);
    }

    private SysResult ReportWrites(VfioDeviceFeature feature)
    {
        const int HeadSize = FeatureSize + VfioUserDmaLoggingReport.StructSize;
        if (CheckFeature(feature, VfioDeviceFeatureFlags.VFIO_DEVICE_FEATURE_GET, VfioUserDmaLoggingReport.StructSize) is { } answer)
        {
            return answer;
        }

        var report = StructBytes.Read<VfioUserDmaLoggingReport>(_payload.Span[FeatureSize..]);
        if (report.PageSize < Iommu.WriteLog.PageSize || !BitOperations.IsPow2(report.PageSize) || report.Length == 0)
        {
            return Errno.EINVAL;
        }

        // A bit for each page, in units of 64.
        var words = ((report.Length - 1) / report.PageSize / 64) + 1;
        if (words * sizeof(ulong) > (ulong)_options.MaxDataTransfer || HeadSize + (words * sizeof(ulong)) > feature.ArgSz)
        {
            return Errno.EINVAL;
        }

        var reply = Room(HeadSize + ((int)words * sizeof(ulong)));
        reply.Span.Clear();
        StructBytes.Write(reply.Span, feature with { ArgSz = (uint)reply.Length });
        StructBytes.Write(reply.Span[FeatureSize..], report);
        _memory.Show(reply);
        var result = _writes.Report(report.Iova, report.Length, report.PageSize, _memory, MessageMemory.Base + HeadSize, WhileWaiting);
        return result.IsError ? result : SysResult.FromValue(reply.Length);
    }
}
