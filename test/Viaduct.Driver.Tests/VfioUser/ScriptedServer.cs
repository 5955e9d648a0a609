using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Linux.Sockets;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Transport;

namespace Viaduct.Driver.Tests.VfioUser;

/// <summary>
/// The other end of a client's socket: a server that answers as a PCI device with a BAR of a page does, until a test has
/// it do something else. A thread of its own reads and answers.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    internal const ulong BarSize = 4096;

    private readonly UnixSocket _socket;
    private readonly MessageReader _reader;
    private readonly Thread _thread;
    private Exception? _failure;

    internal ScriptedServer()
    {
        Assert.False(UnixSocket.CreatePair(out var server, out var client).IsError);
        _socket = server!;
        Client = client!;
        _reader = new MessageReader(_socket, 4 << 20);
        Sender = new MessageSender(_socket);
        _thread = new Thread(Run) { IsBackground = true };
    }

    internal UnixSocket Client { get; }

    internal MessageSender Sender { get; }

    /// <summary>What the version's reply says.</summary>
    internal string Json { get; set; } = """{"capabilities":{"max_msg_fds":4,"max_data_xfer_size":1048576,"pgsizes":4096}}""";

    internal (ushort Major, ushort Minor) Version { get; set; } = (0, 0);

    /// <summary>Does a message in place of the server; true where it did.</summary>
    internal Func<ScriptedServer, VfioUserHeader, byte[], bool>? Instead { get; set; }

    /// <summary>Messages so far.</summary>
    internal List<(VfioUserCommand Command, byte[] Payload, int Descriptors)> Seen { get; } = [];

    /// <summary>Connects a driver.</summary>
    internal PciDevice Open(VfioUserOptions? options = null)
    {
        _thread.Start();
        return VfioUserDevice.Open(Client, "a scripted server", options ?? new VfioUserOptions { Timeout = TimeSpan.FromSeconds(20) });
    }

    internal void Reply(VfioUserHeader to, ReadOnlySpan<byte> payload, params ReadOnlySpan<SafeHandle> descriptors) =>
        Send(new VfioUserHeader { MessageId = to.MessageId, Command = to.Command, Flags = VfioUserFlags.Reply }, payload, descriptors);

    internal void Refuse(VfioUserHeader to, uint errno) => Send(
        new VfioUserHeader
        {
            MessageId = to.MessageId,
            Command = to.Command,
            Flags = VfioUserFlags.Reply | VfioUserFlags.Error,
            Error = errno,
        },
        []);

    internal void Send(VfioUserHeader header, ReadOnlySpan<byte> payload, params ReadOnlySpan<SafeHandle> descriptors)
    {
        var message = new byte[VfioUserHeader.StructSize + payload.Length];
        payload.CopyTo(message.AsSpan(VfioUserHeader.StructSize));
        _ = Sender.Send(message, header, descriptors);
    }

    /// <summary>Reads the next message where a test has the thread: the answer to what the server asked.</summary>
    internal (VfioUserHeader Header, byte[] Payload) Receive()
    {
        Assert.Equal(ReadOutcome.Message, _reader.Read());
        return (_reader.Header, _reader.Payload.ToArray());
    }

    /// <summary>Sends DMA_READ or DMA_WRITE, and waits for the answer.</summary>
    internal (VfioUserHeader Header, byte[] Payload) Dma(VfioUserCommand command, ulong address, ulong count, params byte[] data)
    {
        var payload = new byte[VfioUserDmaAccess.StructSize + data.Length];
        StructBytes.Write(payload, new VfioUserDmaAccess { Address = address, Count = count });
        data.CopyTo(payload, VfioUserDmaAccess.StructSize);
        Send(new VfioUserHeader { MessageId = 77, Command = command }, payload);
        return Receive();
    }

    internal void Hangup() => _socket.Shutdown();

    public void Dispose()
    {
        _socket.Shutdown();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _reader.Dispose();
        _socket.Dispose();
        Client.Dispose();
        Assert.Null(_failure);
    }

    private void Run()
    {
        try
        {
            while (_reader.Read() == ReadOutcome.Message)
            {
                var (header, payload) = (_reader.Header, _reader.Payload.ToArray());
                lock (Seen)
                {
                    Seen.Add((header.Command, payload, _reader.Descriptors.Count));
                }

                if (Instead?.Invoke(this, header, payload) != true)
                {
                    Answer(header, payload);
                }
            }
        }
        catch (Exception e) when (e is Xunit.Sdk.XunitException or ArgumentException)
        {
            _failure = e;
            _socket.Shutdown();
        }
    }

    private void Answer(VfioUserHeader header, byte[] payload)
    {
        switch (header.Command)
        {
            case VfioUserCommand.VFIO_USER_VERSION:
                byte[] version = [.. BitConverter.GetBytes(Version.Major), .. BitConverter.GetBytes(Version.Minor)];
                Reply(header, [.. version, .. System.Text.Encoding.ASCII.GetBytes(Json), 0]);
                break;
            case VfioUserCommand.VFIO_USER_DEVICE_GET_INFO:
                Reply(header, Words(16, 1 | 2, 9, 5));
                break;
            case VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO:
                var index = BitConverter.ToInt32(payload, 8);
                Reply(header, StructBytes.Of(new VfioRegionInfo
                {
                    ArgSz = VfioRegionInfo.StructSize,
                    Flags = VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_READ | VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_WRITE,
                    Index = (uint)index,
                    Size = index switch { 0 => BarSize, RegionIndex.Config => 256, _ => 0 },
                }));
                break;
            case VfioUserCommand.VFIO_USER_DEVICE_GET_IRQ_INFO:
                Reply(header, Words(16, 1, BitConverter.ToUInt32(payload, 8), 10));
                break;
            case VfioUserCommand.VFIO_USER_REGION_READ:
                var count = BitConverter.ToInt32(payload, 12);
                Reply(header, [.. payload, .. Enumerable.Repeat((byte)0xAB, count)]);
                break;
            case VfioUserCommand.VFIO_USER_REGION_WRITE:
                Reply(header, payload.AsSpan(0, 16));
                break;
            case VfioUserCommand.VFIO_USER_DMA_UNMAP:
                Reply(header, payload);
                break;
            default:
                Reply(header, []);
                break;
        }
    }

    private static byte[] Words(params uint[] words) => [.. words.SelectMany(BitConverter.GetBytes)];
}
