using Viaduct.Abi;
using Viaduct.Cli.Output;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Sockets;

namespace Viaduct.Cli.Commands;

/// <summary>The sockets of <c>viaduct serve</c>. Those that it made go with it.</summary>
internal sealed class ServeSockets : IDisposable
{
    private readonly List<UnixSocket?> _sockets = [];
    private readonly List<string> _made = [];

    /// <summary>Opens all of them, or says on stderr why not.</summary>
    public bool TryOpen(string[] paths, int[] descriptors)
    {
        foreach (var path in paths)
        {
            if (!TryListen(path))
            {
                return false;
            }
        }

        foreach (var descriptor in descriptors)
        {
            var result = UnixSocket.FromDescriptor(descriptor, out var socket);
            if (result.IsError)
            {
                _ = ErrorText.Write(
                    $"Descriptor {descriptor} is no socket: {result.Errno}.",
                    "fix: a service manager passes sockets from descriptor 3 on; a shell can give none");
                return false;
            }

            _sockets.Add(socket);
        }

        return true;
    }

    /// <summary>Hands one over.</summary>
    public UnixSocket Take(int index)
    {
        var socket = _sockets[index]!;
        _sockets[index] = null;
        return socket;
    }

    /// <summary>Where clients find it; null where somebody else made it.</summary>
    public string? PathOf(int index) => index < _made.Count ? _made[index] : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _sockets.ForEach(s => s?.Dispose());
        foreach (var path in _made)
        {
            Remove(path);
        }
    }

    // Somebody may have tidied up, the folder too.
    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"viaduct: {path} could not be removed: {gone.Message}");
        }
    }

    private bool TryListen(string path)
    {
        var result = UnixSocket.Listen(path, out var socket);
        if (result.Errno == Errno.EADDRINUSE && IsLeftOver(path))
        {
            File.Delete(path);
            result = UnixSocket.Listen(path, out socket);
        }

        if (result.IsError)
        {
            _ = ErrorText.Write($"Cannot listen at {path}: {result.Errno}.", result.Errno switch
            {
                Errno.EADDRINUSE => "fix: something is there, and it is no socket that was left behind; take another path",
                Errno.ENAMETOOLONG => $"fix: the path of a socket has at most {UnixSocket.LongestPath} bytes",
                Errno.ENOENT => "fix: make its folder first (mkdir -m 700)",
                _ => "fix: take a folder in which you may write",
            });
            return false;
        }

        _sockets.Add(socket);
        _made.Add(path);
        return true;
    }

    // A server that was killed leaves its socket, and nobody answers there any more.
    private static bool IsLeftOver(string path)
    {
        var result = UnixSocket.Connect(path, out var socket);
        socket?.Dispose();
        return result.Errno == Errno.ECONNREFUSED
            && !FileStatus.Get(FileStatus.AT_FDCWD, path, 0, out var status).IsError
            && status.IsSocket;
    }
}
