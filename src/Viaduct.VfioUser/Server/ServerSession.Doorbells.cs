using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.Vfio.Devices;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Server;

/// <content>Doorbells that eventfds stand for: VFIO_DEVICE_IOEVENTFD of the core, the other way around.</content>
internal sealed partial class ServerSession
{
    // Of each region that the client asked for, in the order of its doorbells.
    private readonly Dictionary<uint, List<EventFd>> _eventFds = [];

    /// <summary>VFIO_USER_DEVICE_GET_REGION_IO_FDS. Doorbells beyond what the client takes descriptors for stay messages. A reply without room
    /// for all has none: argsz tells what to ask with.</summary>
    private SysResult GetRegionIoFds()
    {
        if (!TryGet(VfioUserRegionIoFds.StructSize, out VfioUserRegionIoFds asked) || asked.ArgSz < VfioUserRegionIoFds.StructSize
            || asked.Flags != 0 || asked.Count != 0 || asked.Index >= MostRegions)
        {
            return Errno.EINVAL;
        }

        var doorbells = _device.GetRegionDoorbells(asked.Index);
        var count = Math.Min(doorbells.Count, Math.Min(_clientDescriptors, _options.MaxDescriptors));
        var needed = VfioUserRegionIoFds.StructSize + (count * VfioUserIoEventFd.StructSize);
        var hasRoom = asked.ArgSz >= (uint)needed;
        asked.Count = (uint)count;
        asked.ArgSz = (uint)needed;
        if (hasRoom && count > 0)
        {
            var result = Watch(asked.Index, doorbells, count, out var eventFds);
            if (result.IsError)
            {
                return result;
            }

            _attached = [.. eventFds];
        }

        var reply = Room(hasRoom ? needed : VfioUserRegionIoFds.StructSize).Span;
        StructBytes.Write(reply, asked);
        for (var i = 0; hasRoom && i < count; i++)
        {
            StructBytes.Write(
                reply[(VfioUserRegionIoFds.StructSize + (i * VfioUserIoEventFd.StructSize))..], Describe(doorbells[i], (uint)i));
        }

        return SysResult.FromValue(reply.Length);
    }

    private static VfioUserIoEventFd Describe(in RegionDoorbell doorbell, uint index) => new()
    {
        Offset = doorbell.Offset,
        Size = (ulong)doorbell.Size,
        FdIndex = index,
        Type = VfioUserIoEventFd.IoEventFdType,
        Flags = doorbell.DataMatch is null ? 0 : VfioUserIoEventFd.DataMatchFlag,
        DataMatch = doorbell.DataMatch ?? 0,
    };

    /// <summary>The region's eventfds, which are made and watched once a session.</summary>
    private SysResult Watch(uint region, IReadOnlyList<RegionDoorbell> doorbells, int count, out List<EventFd> eventFds)
    {
        if (!_eventFds.TryGetValue(region, out eventFds!))
        {
            _eventFds.Add(region, eventFds = []);
        }

        while (eventFds.Count < count)
        {
            var result = EventFd.Create(out var eventFd);
            if (!result.IsError)
            {
                using var number = new SafeFileHandle(eventFd.DangerousGetHandle(), ownsHandle: false);
                _caller.Descriptors = [number];
                result = SetIoEventFd(region, doorbells[eventFds.Count], 0);
                _caller.Descriptors = null;
            }

            if (result.IsError)
            {
                eventFd.Dispose();
                return result;
            }

            eventFds.Add(eventFd);
        }

        return SysResult.Success;
    }

    /// <summary>They go with the client, which may keep its copies: nobody hears those.</summary>
    private void ForgetDoorbells()
    {
        foreach (var (region, eventFds) in _eventFds)
        {
            var doorbells = _device.GetRegionDoorbells(region);
            for (var i = 0; i < eventFds.Count; i++)
            {
                _ = SetIoEventFd(region, doorbells[i], -1);
                eventFds[i].Dispose();
            }
        }

        _eventFds.Clear();
    }

    /// <param name="region">The region's index.</param>
    /// <param name="doorbell">What it is for.</param>
    /// <param name="fd">The caller's Nth descriptor; -1 to end it.</param>
    private SysResult SetIoEventFd(uint region, in RegionDoorbell doorbell, int fd)
    {
        _memory.Show(StructBytes.Of(new VfioDeviceIoeventfd
        {
            ArgSz = VfioDeviceIoeventfd.MinSize,
            Flags = (VfioDeviceIoeventfdFlags)(uint)doorbell.Width,
            Offset = Position(region, doorbell.Offset),
            Data = doorbell.Value,
            Fd = fd,
        }));
        var result = _device.Ioctl(_caller, VfioIoctl.VFIO_DEVICE_IOEVENTFD, MessageMemory.Base);
        return result.IsError ? result : SysResult.Success;
    }
}
