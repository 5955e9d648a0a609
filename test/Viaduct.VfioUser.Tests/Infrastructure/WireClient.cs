using System.Runtime.InteropServices;
using System.Text;
using Viaduct.Abi;
using Viaduct.Linux.Sockets;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Transport;

namespace Viaduct.VfioUser.Tests.Infrastructure;

/// <summary>A client that sends what a test tells it, byte for byte.</summary>
internal sealed class WireClient(UnixSocket socket) : IDisposable
{
    private readonly MessageReader _reader = new(socket, 4 << 20);
    private readonly Queue<Reply> _early = [];
    private ushort _id;

    public UnixSocket Socket => socket;

    /// <summary>QEMU 11's hello.</summary>
    public static string Capabilities =>
        """{"capabilities":{"pgsizes":4096,"max_msg_fds":16,"max_dma_maps":65535,"max_data_xfer_size":1048576,"migration":{"max_bitmap_size":268435456,"pgsize":4096},"write_multiple":true}}""";

    public static byte[] Bytes<T>(in T value, params ReadOnlySpan<byte> tail)
        where T : unmanaged => [.. StructBytes.Of(value), .. tail];

    public static byte[] Hello(string json, ushort major = 0, ushort minor = 0)
        => Bytes(new VfioUserVersion { Major = major, Minor = minor }, json.Length == 0 ? [] : [.. Encoding.UTF8.GetBytes(json), 0]);

    /// <summary>Sends a command and waits for its reply; what the server asks for before that is for <see cref="Receive"/>.</summary>
    public Reply Ask(VfioUserCommand command, byte[] payload, params SafeHandle[] descriptors)
    {
        Send(command, payload, VfioUserFlags.None, descriptors);
        var reply = ReceiveNext();
        while (!reply.Header.IsReply)
        {
            _early.Enqueue(reply);
            reply = ReceiveNext();
        }

        Assert.Equal((_id, command), (reply.Header.MessageId, reply.Header.Command));
        return reply;
    }

    public void Send(VfioUserCommand command, byte[] payload, VfioUserFlags flags = VfioUserFlags.None, params SafeHandle[] descriptors)
        => SendRaw(Message(++_id, command, payload, flags), descriptors);

    public void SendRaw(byte[] bytes, params SafeHandle[] descriptors)
        => Assert.False(socket.Send(bytes, descriptors).IsError);

    public static byte[] Message(ushort id, VfioUserCommand command, byte[] payload, VfioUserFlags flags = VfioUserFlags.None)
        => Bytes(
            new VfioUserHeader
            {
                MessageId = id,
                Command = command,
                Flags = flags,
                Size = (uint)(VfioUserHeader.StructSize + payload.Length),
            },
            payload);

    public Reply Receive() => _early.TryDequeue(out var early) ? early : ReceiveNext();

    private Reply ReceiveNext()
    {
        Assert.Equal(ReadOutcome.Message, _reader.Read());
        List<Microsoft.Win32.SafeHandles.SafeFileHandle> descriptors = [.. _reader.Descriptors];
        _reader.Descriptors.Clear();
        return new Reply(_reader.Header, _reader.Payload.ToArray(), descriptors);
    }

    /// <summary>The server has ended the connection.</summary>
    public bool IsClosed() => _reader.Read() == ReadOutcome.Closed;

    public void Negotiate() => Assert.Equal(Errno.None, Ask(VfioUserCommand.VFIO_USER_VERSION, Hello(Capabilities)).Error);

    public ulong Read(uint region, ulong offset, uint count)
    {
        var reply = Ask(
            VfioUserCommand.VFIO_USER_REGION_READ,
            Bytes(new VfioUserRegionAccess { Region = region, Offset = offset, Count = count }));
        Assert.Equal(Errno.None, reply.Error);
        Assert.Equal(count, reply.As<VfioUserRegionAccess>().Count);
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        reply.Payload.AsSpan(VfioUserRegionAccess.StructSize).CopyTo(value);
        return BitConverter.ToUInt64(value);
    }

    public static byte[] WriteOf(uint region, ulong offset, uint count, ulong value)
        => Bytes(
            new VfioUserRegionAccess { Region = region, Offset = offset, Count = count },
            BitConverter.GetBytes(value).AsSpan(0, (int)count));

    public void Write(uint region, ulong offset, uint count, ulong value)
        => Assert.Equal(Errno.None, Ask(VfioUserCommand.VFIO_USER_REGION_WRITE, WriteOf(region, offset, count, value)).Error);

    public Errno Map(ulong address, ulong size, SafeHandle? file = null, ulong offset = 0, VfioUserDmaFlags flags = VfioUserDmaFlags.Readable | VfioUserDmaFlags.Writeable)
        => Ask(
            VfioUserCommand.VFIO_USER_DMA_MAP,
            Bytes(new VfioUserDmaMap { ArgSz = VfioUserDmaMap.StructSize, Address = address, Size = size, Offset = offset, Flags = flags }),
            file is null ? [] : [file]).Error;

    public static byte[] UnmapOf(ulong address, ulong size, VfioUserDmaUnmapFlags flags = VfioUserDmaUnmapFlags.None)
        => Bytes(new VfioUserDmaUnmap { ArgSz = VfioUserDmaUnmap.StructSize, Address = address, Size = size, Flags = flags });

    public void Dispose()
    {
        _reader.Dispose();
        socket.Dispose();
    }
}
