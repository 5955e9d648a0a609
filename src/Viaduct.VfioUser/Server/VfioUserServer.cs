using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Linux.Sockets;
using Viaduct.Vfio.Devices;

namespace Viaduct.VfioUser.Server;

/// <summary>
/// Serves a device to vfio-user clients, one after the other, on a thread of its own. What a client mapped and its eventfds go with it;
/// the device's state stays for the next. <see cref="Start"/> begins it, <see cref="Stop"/> ends it, and between and around them the device is
/// open.
/// </summary>
public sealed class VfioUserServer : IDisposable
{
    private readonly VfioDevice _device;
    private readonly UnixSocket _socket;
    private readonly ServerOptions _options;
    private readonly IoAddressSpace _space = new();
    private readonly WriteLog _writes;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private ServerSession? _session;
    private Action? _clientReady;
    private bool _isStopping;
    private bool _isClosed;

    /// <summary>Opens the device.</summary>
    /// <param name="device">A device that nobody else opens.</param>
    /// <param name="socket">One that listens, or a connection that is there; disposed with the server.</param>
    /// <param name="options">How to serve; null for the usual.</param>
    /// <exception cref="InvalidOperationException">The device cannot be opened.</exception>
    public VfioUserServer(VfioDevice device, UnixSocket socket, ServerOptions? options = null)
    {
        _device = device;
        _socket = socket;
        _options = options ?? new ServerOptions();
        _clientReady = _options.ClientReady;
        _writes = new WriteLog(_space);
        lock (device.Gate)
        {
            var opened = device.OpenDevice();
            if (opened.IsError)
            {
                throw new InvalidOperationException($"{device.Name} cannot be opened: {opened.Errno}.");
            }

            _writes.AttachTo(device.Group);
        }

        _thread = new Thread(Run) { Name = $"viaduct serve {device.Name}", IsBackground = true };
    }

    /// <summary>Ends once no client can come any more: the socket was a connection, and that has ended.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Serves from here on.</summary>
    public void Start() => _thread.Start();

    /// <summary>Ends the connection, and serves nobody any more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
            _session?.Stop();
        }

        _socket.Shutdown();
        if ((_thread.ThreadState & ThreadState.Unstarted) == 0)
        {
            _thread.Join();
        }

        _socket.Dispose();
    }

    /// <summary>Serves nobody any more and closes the device. Work that the device began, it has ended when this returns.</summary>
    public void Dispose()
    {
        Stop();
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        lock (_device.Gate)
        {
            _device.CloseDevice();
            _device.Group.AddressSpace = null;
        }

        _space.WaitForTransfers();
    }

    private void Run()
    {
        if (!_socket.IsListening)
        {
            Serve(_socket);
        }
        else
        {
            while (Accept() is { } connection)
            {
                Serve(connection);
            }
        }

        _completion.TrySetResult();
    }

    // Null where the server stops.
    private UnixSocket? Accept()
    {
        while (true)
        {
            var result = _socket.Accept(out var connection);
            if (!result.IsError)
            {
                return connection;
            }

            lock (_lock)
            {
                if (_isStopping || result.Errno is not (Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENOBUFS))
                {
                    return null;
                }
            }

            _options.Observer?.Refused($"a connection: {result.Errno}");
            _ = _socket.WaitReadable(milliseconds: 100);
        }
    }

    private void TakeClientReady() => Interlocked.Exchange(ref _clientReady, null)?.Invoke();

    private void Serve(UnixSocket connection)
    {
        var process = connection.PeerProcess;
        var session = new ServerSession(
            _device, _space, _writes, connection, _options, _clientReady is null ? null : TakeClientReady);
        lock (_lock)
        {
            _session = session;
            if (_isStopping)
            {
                session.Stop();
            }
        }

        string? violation = null;
        try
        {
            violation = session.Run();
        }
#pragma warning disable CA1031 // a bug in a model's register handler must not take the other devices down
        catch (Exception bug)
#pragma warning restore CA1031
        {
            violation = $"the model or the server failed; please report this. {bug}";
        }
        finally
        {
            lock (_lock)
            {
                _session = null;
            }

            session.Dispose();
            _options.Observer?.Disconnected(process, violation);
        }
    }
}
