using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Linux.Sockets;
using Viaduct.Memory;
using Viaduct.Vfio.Devices;
using Viaduct.VfioUser.Protocol;
using Viaduct.VfioUser.Transport;

namespace Viaduct.VfioUser.Server;

/// <summary>
/// One client's connection. One thread reads its messages and serves them in order; the device's own threads raise interrupts and do DMA
/// beside it. A message's structures are vfio.h's, and what they mean is the VFIO core's to say: here they are only brought to it.
/// </summary>
internal sealed partial class ServerSession : IDisposable
{
    // VFIO_PCI_BAR0_REGION_INDEX to VFIO_PCI_BAR5_REGION_INDEX.
    private const uint BarCount = 6;

    // What may pile up while an unmapping waits for a transfer whose reply is behind it in the socket.
    private const int MostDeferred = 4096;
    private const int MostDeferredBytes = 16 << 20;

    private readonly VfioDevice _device;
    private readonly ServerOptions _options;
    private readonly UnixSocket _socket;
    private readonly MessageReader _reader;
    private readonly MessageSender _sender;
    private readonly MessageMemory _memory = new();
    private readonly MessageCaller _caller;
    private readonly IoAddressSpace _space;
    private readonly WriteLog _writes;
    private readonly Queue<DeferredMessage> _deferred = new();
    private int _deferredBytes;
    private DmaChannel? _channel;
    private DmaMaps? _maps;
    private TwinChannel? _twin;

    // The reply that is being put together: its header, and the payload behind it.
    private byte[] _reply = GC.AllocateUninitializedArray<byte>(4096, pinned: true);

    // The message that is being served.
    private VfioUserHeader _header;
    private Memory<byte> _payload;
    private List<SafeFileHandle> _descriptors = [];
    private string? _violation;
    private Action? _clientReady;

    // What goes beside the reply; not owned.
    private SafeHandle[] _attached = [];

    // The client's max_msg_fds.
    private int _clientDescriptors;

    /// <summary>Takes a connection over.</summary>
    /// <param name="device">An open device.</param>
    /// <param name="space">Where its DMA goes; nothing is mapped there.</param>
    /// <param name="writes">Notes what it writes there; off.</param>
    /// <param name="socket">The connection; disposed with the session.</param>
    /// <param name="options">How to serve.</param>
    /// <param name="clientReady">See <see cref="ServerOptions.ClientReady"/>.</param>
    public ServerSession(
        VfioDevice device, IoAddressSpace space, WriteLog writes, UnixSocket socket, ServerOptions options, Action? clientReady)
    {
        const int Overhead = 4096;
        _device = device;
        _space = space;
        _writes = writes;
        _socket = socket;
        _options = options;
        _clientReady = clientReady;
        _reader = new MessageReader(socket, options.MaxDataTransfer + Overhead);
        _sender = new MessageSender(socket);
        _caller = new MessageCaller(_memory);
        AwaitClient();
    }

    /// <summary>Serves until the client goes, or breaks the protocol.</summary>
    /// <returns>What it broke; null where it just closed.</returns>
    public string? Run()
    {
        var process = _socket.PeerProcess;
        if (!Negotiate())
        {
            return _violation;
        }

        _options.Observer?.Connected(process);
        while (_violation is null && Next())
        {
            Serve();
            if (!ReferenceEquals(_descriptors, _reader.Descriptors))
            {
                // Of a message that had to wait.
                _descriptors.ForEach(d => d.Dispose());
            }
        }

        return _violation;
    }

    /// <summary>Ends the connection, from any thread; <see cref="Run"/> returns.</summary>
    public void Stop() => _socket.Shutdown();

    /// <summary>The client's mappings and eventfds go; the device's state stays.</summary>
    public void Dispose()
    {
        _socket.Shutdown();
        _channel?.Close();
        _twin?.Dispose();
        _space.Owner = null;
        _maps?.Clear();
        _writes.Stop(static () => Thread.Yield());
        _device.Migration?.EndTransfer();
        ForgetInterrupts();
        ForgetDoorbells();
        foreach (var left in _deferred)
        {
            left.Descriptors.ForEach(d => d.Dispose());
        }

        _reader.Dispose();
        _socket.Dispose();
    }

    /// <summary>The next command: one that had to wait, or the next in the socket. Replies go to whoever waits for them.</summary>
    private bool Next()
    {
        if (_deferred.TryDequeue(out var deferred))
        {
            _deferredBytes -= deferred.Payload.Length;
            (_header, _payload, _descriptors) = (deferred.Header, deferred.Payload, deferred.Descriptors);
            return true;
        }

        while (Receive())
        {
            if (!TakeReply())
            {
                (_header, _payload, _descriptors) = (_reader.Header, _reader.Payload, _reader.Descriptors);
                return true;
            }
        }

        return false;
    }

    private bool Receive()
    {
        switch (_reader.Read())
        {
            case ReadOutcome.Message:
                return true;
            case ReadOutcome.Malformed:
                _violation = $"a message of {_reader.NextSize} bytes cannot be (16 to {_reader.Largest}), or there were too many descriptors";
                return false;
            default:
                return false;
        }
    }

    private bool TakeReply()
    {
        if (!_reader.Header.IsReply)
        {
            return false;
        }

        if (_channel is null || !_channel.Complete(_reader.Header, _reader.Payload.Span))
        {
            _options.Observer?.Refused($"a reply to message {_reader.Header.MessageId}, which was not sent");
        }

        return true;
    }

    /// <summary>While a transfer must end before something else can: it may wait for a reply that only this thread brings.</summary>
    private void WhileWaiting()
    {
        const int Pause = 1;
        if (!_reader.HasMessage && (_violation is not null || _twin is not null || !_socket.WaitReadable(Pause)))
        {
            Thread.Yield();
            return;
        }

        if (!Receive() || _deferred.Count >= MostDeferred || _deferredBytes >= MostDeferredBytes)
        {
            // Nobody brings replies any more: those who wait for them must not.
            _violation ??= "the connection ended, or too much was sent, while memory was unmapped";
            _channel!.Close();
            return;
        }

        if (!TakeReply())
        {
            var payload = _reader.Payload.ToArray();
            _deferredBytes += payload.Length;
            _deferred.Enqueue(new DeferredMessage(_reader.Header, payload, [.. _reader.Descriptors]));
            _reader.Descriptors.Clear();
        }
    }

    private void Serve()
    {
        if (!_header.IsCommand)
        {
            _violation = $"a message of type {(uint)(_header.Flags & VfioUserFlags.TypeMask)} is neither a command nor a reply";
            return;
        }

        if (_clientReady is not null && (_header.Command == VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS || TouchesBar()))
        {
            TellReady();
        }

        _attached = [];
        var result = _descriptors.Count > _options.MaxDescriptors ? Errno.EINVAL : Dispatch();
        if (result.IsError)
        {
            _options.Observer?.Refused($"{_header.Command}: {result.Errno}");
        }

        if (!_header.WantsNoReply)
        {
            Reply(result, _attached);
        }
    }

    private void TellReady()
    {
        (var ready, _clientReady) = (_clientReady, null);
        ready?.Invoke();
    }

    private bool TouchesBar()
        => _header.Command is VfioUserCommand.VFIO_USER_REGION_READ or VfioUserCommand.VFIO_USER_REGION_WRITE
            && TryGet(VfioUserRegionAccess.StructSize, out VfioUserRegionAccess access) && access.Region < BarCount;

    private void Reply(SysResult result, params ReadOnlySpan<SafeHandle> descriptors)
    {
        var header = new VfioUserHeader
        {
            MessageId = _header.MessageId,
            Command = _header.Command,
            Flags = VfioUserFlags.Reply | (result.IsError ? VfioUserFlags.Error : VfioUserFlags.None),
            Error = (uint)result.Errno,
        };
        var length = VfioUserHeader.StructSize + (result.IsError ? 0 : (int)result.Raw);

        // Where the client does not hear it any more the next read says so.
        _ = _sender.Send(_reply.AsSpan(0, length), header, descriptors);
    }

    /// <returns>Bytes of the reply's payload, which is in <see cref="_reply"/>; or an errno.</returns>
    private SysResult Dispatch() => _header.Command switch
    {
        VfioUserCommand.VFIO_USER_REGION_READ => ReadRegion(),
        VfioUserCommand.VFIO_USER_REGION_WRITE => WriteRegion(),
        VfioUserCommand.VFIO_USER_REGION_WRITE_MULTI => WriteRegions(),
        VfioUserCommand.VFIO_USER_DMA_MAP => MapDma(),
        VfioUserCommand.VFIO_USER_DMA_UNMAP => UnmapDma(),
        VfioUserCommand.VFIO_USER_DEVICE_GET_INFO => GetInfo(),
        VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_INFO => GetRegionInfo(),
        VfioUserCommand.VFIO_USER_DEVICE_GET_REGION_IO_FDS => GetRegionIoFds(),
        VfioUserCommand.VFIO_USER_DEVICE_GET_IRQ_INFO => GetIrqInfo(),
        VfioUserCommand.VFIO_USER_DEVICE_SET_IRQS => SetIrqs(),
        VfioUserCommand.VFIO_USER_DEVICE_RESET => ResetDevice(),
        VfioUserCommand.VFIO_USER_DEVICE_FEATURE => Feature(),
        VfioUserCommand.VFIO_USER_MIG_DATA_READ => ReadMigration(),
        VfioUserCommand.VFIO_USER_MIG_DATA_WRITE => WriteMigration(),
        _ => Errno.EINVAL,
    };

    /// <summary>Room for a reply's payload. It holds what the last reply left: whoever asks for it fills what is sent.</summary>
    private Memory<byte> Room(int length)
    {
        var needed = VfioUserHeader.StructSize + length;
        if (_reply.Length < needed)
        {
            _reply = GC.AllocateUninitializedArray<byte>(needed, pinned: true);
        }

        return _reply.AsMemory(VfioUserHeader.StructSize, length);
    }

    private bool TryGet<T>(int size, out T value)
        where T : unmanaged
    {
        value = _payload.Length < size ? default : StructBytes.Read<T>(_payload.Span);
        return _payload.Length >= size;
    }
}
