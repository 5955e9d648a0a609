using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Viaduct.Abi;

namespace Viaduct.Linux.Sockets;

/// <summary>
/// A stream socket of the local machine, unix(7), which carries descriptors beside its bytes. Blocking; closed when it is disposed, and
/// <see cref="Shutdown"/> ends the waits of other threads before that.
/// </summary>
public sealed partial class UnixSocket : SafeHandle
{
    /// <summary>The longest path of a socket in bytes, its NUL not counted: sun_path.</summary>
    public const int LongestPath = 107;

    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SHUT_RDWR = 2;
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;
    private const int SO_ACCEPTCONN = 30;

    private UnixSocket(int fd)
        : base(-1, ownsHandle: true) => SetHandle(fd);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>Takes a socket over that somebody else made: one that a service manager passed.</summary>
    /// <param name="fd">A descriptor of this process, owned from here on where this succeeds.</param>
    /// <param name="socket">The socket; null after an error.</param>
    /// <returns>Zero, EBADF, or ENOTSOCK.</returns>
    public static SysResult FromDescriptor(int fd, out UnixSocket? socket)
    {
        var result = GetOption(fd, SO_ACCEPTCONN, out _);
        socket = result.IsError ? null : new UnixSocket(fd);
        return result;
    }

    /// <summary>A pair that is connected with each other, socketpair(2).</summary>
    public static unsafe SysResult CreatePair(out UnixSocket? first, out UnixSocket? second)
    {
        (first, second) = (null, null);
        var pair = stackalloc int[2];
        var result = Libc.Result(SocketPair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
        if (!result.IsError)
        {
            (first, second) = (new UnixSocket(pair[0]), new UnixSocket(pair[1]));
        }

        return result;
    }

    /// <summary>Listens at a path, which only this user may connect to. Whoever finds the socket there can connect: it gets its name once it
    /// listens, where the name leaves room for another one before, and the file system has links.</summary>
    /// <param name="path">Where; nothing may be there.</param>
    /// <param name="socket">Accepts connections; null after an error.</param>
    /// <returns>Zero; ENAMETOOLONG; EADDRINUSE where something is there; what bind(2) says.</returns>
    public static SysResult Listen(string path, out UnixSocket? socket)
    {
        var before = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
        if (Encoding.UTF8.GetByteCount(before) > LongestPath)
        {
            return ListenAt(path, out socket);
        }

        var result = ListenAt(before, out socket);
        if (result.IsError)
        {
            return result;
        }

        result = Libc.Result(Link(before, path));
        _ = Unlink(before);
        if (!result.IsError)
        {
            return result;
        }

        socket!.Dispose();
        socket = null;
        return result.Errno == Errno.EEXIST ? Errno.EADDRINUSE : ListenAt(path, out socket);
    }

    private static SysResult ListenAt(string path, out UnixSocket? socket)
    {
        const int Backlog = 8;
        const uint OwnerOnly = 0x180; // 0600
        var result = Create(path, Bind, out socket);
        if (!result.IsError)
        {
            // Before anybody can connect: that needs listen.
            result = Libc.Result(Chmod(path, OwnerOnly));
            result = result.IsError ? result : Libc.Result(Listen(socket!, Backlog));
        }

        if (result.IsError)
        {
            socket?.Dispose();
            socket = null;
        }

        return result;
    }

    /// <summary>Connects to who listens at a path.</summary>
    /// <param name="path">Where.</param>
    /// <param name="socket">The connection; null after an error.</param>
    /// <returns>Zero; ENAMETOOLONG; ENOENT; ECONNREFUSED where nobody listens any more; EACCES.</returns>
    public static SysResult Connect(string path, out UnixSocket? socket) => Create(path, Connect, out socket);

    /// <summary>It listens: what comes in are connections.</summary>
    public bool IsListening => !GetOption((int)handle, SO_ACCEPTCONN, out var value).IsError && value != 0;

    /// <summary>The process that connected, as it was then; zero where that is not known.</summary>
    public int PeerProcess => GetOption((int)handle, SO_PEERCRED, out var pid).IsError ? 0 : pid;

    /// <summary>Waits for a connection.</summary>
    /// <returns>Zero; EINVAL once <see cref="Shutdown"/> was called; EMFILE and its like.</returns>
    public SysResult Accept(out UnixSocket? connection)
    {
        SysResult result;
        do
        {
            result = Libc.Result(Accept4(this, 0, 0, SOCK_CLOEXEC));
        }
        while (result.Errno is Errno.EINTR or Errno.ECONNABORTED);
        connection = result.IsError ? null : new UnixSocket((int)result.Raw);
        return result.IsError ? result : SysResult.Success;
    }

    /// <summary>Ends the connection, or the listening, for both sides and for whoever waits.</summary>
    public void Shutdown()
    {
        if (!IsClosed)
        {
            _ = ShutdownCall(this, SHUT_RDWR);
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;

    private static unsafe SysResult Create(string path, Func<UnixSocket, byte[], SysResult> place, out UnixSocket? socket)
    {
        socket = null;
        var name = Encoding.UTF8.GetBytes(path);
        if (name.Length is 0 or > LongestPath)
        {
            return name.Length == 0 ? Errno.ENOENT : Errno.ENAMETOOLONG;
        }

        var result = Libc.Result(Socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (result.IsError)
        {
            return result;
        }

        // struct sockaddr_un: the family, and the path with its NUL.
        var address = new byte[sizeof(ushort) + name.Length + 1];
        address[0] = AF_UNIX;
        if (!BitConverter.IsLittleEndian)
        {
            (address[0], address[1]) = (0, AF_UNIX);
        }

        name.CopyTo(address, sizeof(ushort));
        socket = new UnixSocket((int)result.Raw);
        result = place(socket, address);
        if (result.IsError)
        {
            socket.Dispose();
            socket = null;
        }

        return result;
    }

    private static unsafe SysResult Bind(UnixSocket socket, byte[] address)
    {
        fixed (byte* pointer = address)
        {
            return Libc.Result(Bind(socket, pointer, (uint)address.Length));
        }
    }

    private static unsafe SysResult Connect(UnixSocket socket, byte[] address)
    {
        fixed (byte* pointer = address)
        {
            return Libc.Result(Connect(socket, pointer, (uint)address.Length));
        }
    }

    // The first int of the option: of SO_PEERCRED's struct ucred the process.
    private static unsafe SysResult GetOption(int fd, int option, out int value)
    {
        var buffer = stackalloc int[3];
        var length = 3u * sizeof(int);
        var result = Libc.Result(GetSockOpt(fd, SOL_SOCKET, option, buffer, &length));
        value = buffer[0];
        return result;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static unsafe partial int SocketPair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static unsafe partial int Bind(UnixSocket socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static unsafe partial int Connect(UnixSocket socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int Listen(UnixSocket socket, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept4(UnixSocket socket, nint address, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    private static partial int ShutdownCall(UnixSocket socket, int how);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static unsafe partial int GetSockOpt(int fd, int level, int option, int* value, uint* length);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chmod(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unlink(string path);
}
