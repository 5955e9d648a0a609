using Viaduct.Linux.Sockets;
using Viaduct.VfioUser.Transport;

namespace Viaduct.VfioUser.Server;

/// <summary>The second socket of a connection: the server's commands and their replies, with a thread of its own.</summary>
internal sealed class TwinChannel : IDisposable
{
    private readonly UnixSocket _socket;
    private readonly MessageReader _reader;
    private readonly Thread _thread;

    private TwinChannel(UnixSocket ours, UnixSocket theirs, int mostBytes, ServerOptions options)
    {
        const int Overhead = 4096;
        _socket = ours;
        ClientEnd = theirs;
        _reader = new MessageReader(ours, Math.Max(mostBytes, options.MaxDataTransfer) + Overhead);
        _thread = new Thread(Run) { Name = "viaduct twin", IsBackground = true };
        Channel = new DmaChannel(new MessageSender(ours), mostBytes, readingThread: -1, askedWhileReading: null);
    }

    /// <summary>Where commands go.</summary>
    public DmaChannel Channel { get; }

    /// <summary>The end for the client; not needed any more once it is sent.</summary>
    public UnixSocket ClientEnd { get; }

    /// <summary>Makes the pair; null where there are no descriptors left: then the one socket does.</summary>
    public static TwinChannel? Create(int mostBytes, ServerOptions options)
        => UnixSocket.CreatePair(out var ours, out var theirs).IsError ? null : new TwinChannel(ours!, theirs!, mostBytes, options);

    /// <summary>The client has its end.</summary>
    public void Start()
    {
        ClientEnd.Dispose();
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Shutdown();
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted) is false)
        {
            _thread.Join();
        }

        ClientEnd.Dispose();
        _reader.Dispose();
        _socket.Dispose();
    }

    private void Run()
    {
        while (_reader.Read() == ReadOutcome.Message)
        {
            if (_reader.Header.IsReply)
            {
                _ = Channel.Complete(_reader.Header, _reader.Payload.Span);
            }
        }

        Channel.Close();
    }
}
