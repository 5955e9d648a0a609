using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.Driver;

/// <summary>A device behind a vfio-user server. Every access is a message with a reply, in the order of the calls, but
/// for what the server lets be mapped.</summary>
internal sealed class VfioUserBackend : VfioBackend
{
    private const int AccessSize = VfioUserRegionAccess.StructSize;

    private readonly VfioUserConnection _connection;
    private readonly VfioUserLimits _limits;

    // What can be mapped of each region; null where nothing can.
    private readonly SafeFileHandle?[] _files = new SafeFileHandle?[RegionIndex.Config + 1];

    /// <param name="connection">Negotiated; the back-end's from now on, also where this throws.</param>
    /// <param name="limits">What was agreed on.</param>
    /// <param name="options">How to be a client.</param>
    internal VfioUserBackend(VfioUserConnection connection, VfioUserLimits limits, VfioUserOptions options)
        : base(connection.Name, NewDmaSpace(connection, limits, options))
    {
        _connection = connection;
        _limits = limits;
        try
        {
            Describe(options.MapRegions);
        }
        catch
        {
            Close();
            throw;
        }
    }

    public override void ReadRegion(int index, ulong offset, Span<byte> data)
    {
        const int SmallCount = 64;
        Span<byte> payload = stackalloc byte[AccessSize];
        Span<byte> room = data.Length <= SmallCount
            ? stackalloc byte[AccessSize + SmallCount]
            : new byte[AccessSize + Math.Min(data.Length, _limits.MaxDataTransfer)];
        for (var done = 0; done < data.Length;)
        {
            var count = Math.Min(data.Length - done, _limits.MaxDataTransfer);
            var reply = room[..(AccessSize + count)];
            StructBytes.Write(payload, Access(index, offset + (uint)done, count));
            var result = _connection.Ask(VfioUserCommand.VFIO_USER_REGION_READ, payload, [], reply);
            CheckAccess(result, AccessSize + count, index, offset, data.Length, write: false);
            reply[AccessSize..].CopyTo(data[done..]);
            done += count;
        }
    }

    public override void WriteRegion(int index, ulong offset, ReadOnlySpan<byte> data)
    {
        Span<byte> payload = stackalloc byte[AccessSize];
        for (var done = 0; done < data.Length;)
        {
            var count = Math.Min(data.Length - done, _limits.MaxDataTransfer);
            StructBytes.Write(payload, Access(index, offset + (uint)done, count));
            var result = _connection.Ask(
                VfioUserCommand.VFIO_USER_REGION_WRITE, payload, data.Slice(done, count), []);
            CheckAccess(result, AccessSize, index, offset, data.Length, write: true);
            done += count;
        }
    }

    public override MappedRegion MapRegion(int index, MappableArea area)
    {
        if (_files[index] is not { } file)
        {
            throw VfioUserErrors.CannotMapRegion(Errno.ENODEV, Name, index, area, "the server gave no file for it");
        }

        // What lies past the file's end would be SIGBUS. The server can still make it shorter later.
        var start = Offsets[index] + area.Offset;
        var status = FileStatus.Get((int)file.DangerousGetHandle(), "", FileStatus.AT_EMPTY_PATH, out var found);
        if (status.IsError || start < area.Offset || found.Size < start || found.Size - start < area.Size)
        {
            throw VfioUserErrors.CannotMapRegion(
                status.IsError ? status.Errno : Errno.EPROTO, Name, index, area, $"the server's file has {found.Size} bytes");
        }

        using var handle = new FileDescriptorHandle((int)file.DangerousGetHandle(), ownsHandle: false);
        var result = MemoryMapping.Map(handle, start, (nuint)area.Size, GetRegion(index).CanWrite, out var mapping);
        return mapping is null
            ? throw VfioUserErrors.CannotMapRegion(result.Errno, Name, index, area, "")
            : new MappedRegion(mapping, area.Offset);
    }

    protected override SysResult Request(uint request, Span<byte> argument) => request switch
    {
        VfioIoctl.VFIO_DEVICE_GET_INFO => Exchange(VfioUserCommand.VFIO_USER_DEVICE_GET_INFO, argument),
        VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO => Exchange(VfioUserCommand.VFIO_USER_DEVICE_GET_IRQ_INFO, argument),
        VfioIoctl.VFIO_DEVICE_GET_REGION_INFO => GetRegionInfo(argument),
        VfioIoctl.VFIO_DEVICE_SET_IRQS => Done(_connection.Ask(
            VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS, argument, [], [])),
        VfioIoctl.VFIO_DEVICE_RESET => Done(_connection.Ask(VfioUserCommand.VFIO_USER_DEVICE_RESET, [], [], [])),
        _ => Errno.ENOTTY,
    };

    /// <summary>As many at once as the server takes descriptors. The last ones go first: that enables all of the kind, and
    /// the others find theirs enabled.</summary>
    protected override SysResult SetEventFds(InterruptKind kind, ReadOnlySpan<EventFd> eventFds)
    {
        var most = Math.Max(1, _limits.MaxDescriptors);
        Span<byte> request = stackalloc byte[VfioIrqSet.Size];
        for (var end = eventFds.Length; end > 0;)
        {
            var count = Math.Min(most, end);
            end -= count;
            SafeHandle[] part = [.. eventFds.Slice(end, count)];
            Fill(request, kind, EventFdFlags, end, count);
            var result = _connection.Ask(
                VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS, request, [], [], received: null, part);
            if (result.IsError)
            {
                if (end + count < eventFds.Length)
                {
                    DisableInterrupts(kind);
                }

                return result;
            }
        }

        return SysResult.Success;
    }

    protected override void Close()
    {
        Dma.Dispose();
        _connection.Dispose();
        foreach (var file in _files)
        {
            file?.Dispose();
        }
    }

    private static DmaSpace NewDmaSpace(
        VfioUserConnection connection, VfioUserLimits limits, VfioUserOptions options) =>
        new(new VfioUserMapper(connection, limits, options.ShareMemory), [new IovaRange(0, ulong.MaxValue)], limits.PageSize);

    private static VfioUserRegionAccess Access(int index, ulong offset, int count) => new()
    {
        Offset = offset,
        Region = (uint)index,
        Count = (uint)count,
    };

    private static SysResult Done(SysResult result) => result.IsError ? result : SysResult.Success;

    private void CheckAccess(SysResult result, int expected, int index, ulong offset, int length, bool write)
    {
        if (result.IsError || result.Raw != expected)
        {
            throw VfioErrors.CannotAccess(
                result.IsError ? result.Errno : Errno.EPROTO,
                Name,
                index,
                offset,
                length,
                write,
                write ? "VFIO_USER_REGION_WRITE" : "VFIO_USER_REGION_READ");
        }
    }

    // The reply is the structure again.
    private SysResult Exchange(VfioUserCommand command, Span<byte> argument, List<SafeFileHandle>? received = null)
    {
        var result = _connection.Ask(command, argument, [], argument, received);
        return result.IsError || result.Raw >= Math.Min(argument.Length, VfioRegionInfo.MinSize)
            ? Done(result)
            : Errno.EPROTO;
    }

    // The structure goes without its tail: argsz says how long the reply may be.
    private SysResult GetRegionInfo(Span<byte> argument)
    {
        const int IndexAt = 8;
        List<SafeFileHandle> files = [];
        var index = BitConverter.ToUInt32(argument[IndexAt..]);
        var result = _connection.Ask(
            VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO, argument[..VfioRegionInfo.StructSize], [], argument, files);
        var isFaulty = !result.IsError
            && (result.Raw < VfioRegionInfo.StructSize || BitConverter.ToUInt32(argument[IndexAt..]) != index);
        for (var i = 0; i < files.Count; i++)
        {
            if (i == 0 && !result.IsError && !isFaulty)
            {
                _files[index]?.Dispose();
                _files[index] = files[0];
            }
            else
            {
                files[i].Dispose();
            }
        }

        // Without a file nothing can be mapped, whatever the flag says.
        if (!result.IsError && !isFaulty && _files[index] is null)
        {
            var flags = (VfioRegionInfoFlags)BitConverter.ToUInt32(argument[4..]);
            BitConverter.TryWriteBytes(argument[4..], (uint)(flags & ~VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_MMAP));
        }

        return isFaulty ? Errno.EPROTO : Done(result);
    }
}
