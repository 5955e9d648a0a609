using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Abi;

namespace Viaduct.Linux.Descriptors;

/// <summary>
/// Tells when the last reference to an open file description goes: descriptors, duplicates, copies in other processes
/// and mappings (inotify's IN_CLOSE, which the kernel raises in the closing call itself, before that returns).
/// </summary>
public sealed partial class CloseWatcher : IDisposable
{
    /// <summary>What <see cref="TryNext"/> says where more was closed at once than the kernel's queue holds
    /// (fs.inotify.max_queued_events): compare with <see cref="Watched"/>.</summary>
    public const int EventsLost = -1;

    private const int IN_NONBLOCK = 0x800;
    private const int IN_CLOEXEC = 0x80000;
    private const uint IN_CLOSE = 0x18;
    private const uint IN_Q_OVERFLOW = 0x4000;
    private const uint IN_IGNORED = 0x8000; // the file has gone: all that is heard of one opened with O_PATH
    private const int EventSize = 16;
    private const int BufferSize = 4096;

    private readonly SafeFileHandle _handle;
    private readonly int _fd;
    private readonly byte[] _buffer = new byte[BufferSize];
    private int _length;
    private int _position;

    /// <summary>A watcher that watches nothing yet.</summary>
    /// <exception cref="IOException">fs.inotify.max_user_instances is used up.</exception>
    public CloseWatcher()
    {
        var result = Libc.Result(InotifyInit(IN_NONBLOCK | IN_CLOEXEC));
        if (result.IsError)
        {
            throw new IOException(
                $"inotify_init1 failed: {result.Errno}. Raise fs.inotify.max_user_instances, or end programs that watch files.");
        }

        _fd = (int)result.Raw;
        _handle = new SafeFileHandle(_fd, ownsHandle: true);
    }

    /// <summary>Watches a file from here on. The number names it in <see cref="TryNext"/>.</summary>
    public SysResult Watch(SafeFileHandle file) => Libc.Result(AddWatch(_fd, MemoryFile.PathOf(file), IN_CLOSE));

    /// <summary>Stops watching.</summary>
    public void Unwatch(int watch) => _ = RemoveWatch(_fd, watch);

    /// <summary>Waits until <see cref="TryNext"/> may have something to say.</summary>
    /// <returns>False where this has been disposed.</returns>
    public unsafe bool Wait()
    {
        var added = false;
        try
        {
            _handle.DangerousAddRef(ref added);
            var poll = new PollFd { Fd = _fd, Events = PollFd.POLLIN };
            _ = Poll(&poll, 1, -1);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (added)
            {
                _handle.DangerousRelease();
            }
        }
    }

    /// <summary>The numbers of all files that are watched and still there, proc_pid_fdinfo(5).</summary>
    /// <exception cref="IOException">/proc cannot be read.</exception>
    public HashSet<int> Watched()
    {
        var watched = new HashSet<int>();
        foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{_fd}")))
        {
            // inotify wd:1f ino:... sdev:... mask:...
            const string Start = "inotify wd:";
            if (line.StartsWith(Start, StringComparison.Ordinal)
                && int.TryParse(
                    line.AsSpan(Start.Length, line.IndexOf(' ', Start.Length) - Start.Length),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var watch))
            {
                watched.Add(watch);
            }
        }

        return watched;
    }

    /// <summary>The next file whose description was closed, possibly more than once; or <see cref="EventsLost"/>. Never waits;
    /// not for two threads at once.</summary>
    public unsafe bool TryNext(out int watch)
    {
        while (true)
        {
            if (_position >= _length)
            {
                _position = 0;
                fixed (byte* pointer = _buffer)
                {
                    _length = (int)Read(_fd, pointer, BufferSize);
                }

                if (_length <= 0)
                {
                    watch = 0;
                    return false;
                }
            }

            var record = _buffer.AsSpan(_position);
            watch = MemoryMarshal.Read<int>(record);
            var mask = MemoryMarshal.Read<uint>(record[4..]);
            _position += EventSize + MemoryMarshal.Read<int>(record[12..]);
            if ((mask & IN_Q_OVERFLOW) != 0)
            {
                watch = EventsLost;
                return true;
            }

            if ((mask & (IN_CLOSE | IN_IGNORED)) != 0)
            {
                return true;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int InotifyInit(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddWatch(int fd, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    private static partial int RemoveWatch(int fd, int watch);

    [LibraryImport("libc", EntryPoint = "read")]
    private static unsafe partial nint Read(int fd, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static unsafe partial int Poll(PollFd* fds, nuint count, int timeout);
}
