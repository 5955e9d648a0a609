using Viaduct.Abi;

namespace Viaduct.Linux;

/// <summary>
/// A file or block device that holds a disk's bytes. Every failure is a value. Any thread may call; the kernel orders what
/// overlaps.
/// </summary>
public sealed class DiskFile : IDisposable
{
    private const int O_CLOEXEC = 0x80000;
    private const int O_CREAT = 0x40;
    private const int O_EXCL = 0x80;
    private const uint NewFileMode = 0x1a4; // 0644
    private const int SEEK_END = 2;
    private const int LOCK_SH = 1;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int LOCK_UN = 8;
    private const int FALLOC_FL_KEEP_SIZE = 0x01;
    private const int FALLOC_FL_PUNCH_HOLE = 0x02;
    private const int FALLOC_FL_ZERO_RANGE = 0x10;

    private readonly FileDescriptorHandle _handle;

    private readonly int _lock;

    // Not of every file system; once it has said so it is not asked again.
    private volatile bool _readsNow = true;

    private DiskFile(FileDescriptorHandle handle, bool canWrite)
    {
        _handle = handle;
        _lock = canWrite ? LOCK_EX : LOCK_SH;
    }

    /// <summary>Opens what is there and locks it with flock(2): exclusively for writing, shared for reading.</summary>
    /// <param name="path">The file; not empty.</param>
    /// <param name="canWrite">False opens it for reading only.</param>
    /// <param name="file">The open file; null after an error.</param>
    /// <returns>0; EWOULDBLOCK (EAGAIN) where another open description holds a lock against it; else open's errno.</returns>
    public static SysResult Open(string path, bool canWrite, out DiskFile? file)
    {
        var result = OpenUnlocked(path, canWrite, out file);
        return result.IsError ? result : Locked(ref file);
    }

    /// <summary>Opens what is there and does not lock it: for a file that somebody else may have until <see cref="TryLock"/>.</summary>
    /// <param name="path">The file; not empty.</param>
    /// <param name="canWrite">False opens it for reading only.</param>
    /// <param name="file">The open file; null after an error.</param>
    /// <returns>0, or open's errno.</returns>
    public static SysResult OpenUnlocked(string path, bool canWrite, out DiskFile? file)
        => Open(path, canWrite ? OpenFlags.O_RDWR : OpenFlags.O_RDONLY, 0, canWrite, out file);

    /// <summary>Makes a file that is not there yet, all holes, and locks it for writing.</summary>
    /// <param name="path">The file; not empty.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="file">The open file; null after an error.</param>
    /// <returns>0; EEXIST where it is there; else open's or ftruncate's errno.</returns>
    public static SysResult Create(string path, ulong length, out DiskFile? file)
    {
        var result = Open(path, OpenFlags.O_RDWR, O_CREAT | O_EXCL, canWrite: true, out file);
        if (result.IsError || (result = Locked(ref file)).IsError || file is null)
        {
            return result;
        }

        result = FileCalls.Result(LibC.SetFileLength(file._handle, (long)length));
        if (result.IsError)
        {
            file.Dispose();
            file = null;
        }

        return result;
    }

    /// <summary>Locks it as <see cref="Open(string, bool, out DiskFile?)"/> does; nothing where it is locked.</summary>
    /// <returns>0; EWOULDBLOCK (EAGAIN) where another open description holds a lock against it.</returns>
    public SysResult TryLock() => FileCalls.Result(LibC.LockFile(_handle, _lock | LOCK_NB));

    /// <summary>Leaves it to others; nothing where it is not locked.</summary>
    public SysResult Unlock() => FileCalls.Result(LibC.LockFile(_handle, LOCK_UN));

    /// <summary>The bytes of the file or block device, by lseek(2) to its end.</summary>
    /// <returns>The bytes, or the errno.</returns>
    public SysResult Length()
    {
        var end = LibC.SeekFile(_handle, 0, SEEK_END);
        return end < 0 ? FileCalls.LastErrno() : SysResult.FromValue(end);
    }

    /// <summary>Reads all of a range, however many calls that takes.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <returns>0; ENODATA where the file ends before; else pread's errno.</returns>
    public SysResult Read(ulong offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var count = FileCalls.Pread(_handle, destination, offset);
            if (count.Raw <= 0)
            {
                return count.IsError ? count : Errno.ENODATA;
            }

            destination = destination[(int)count.Raw..];
            offset += (ulong)count.Raw;
        }

        return SysResult.Success;
    }

    /// <summary>Writes all of a range, however many calls that takes.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>0; or pwrite's errno, after which part of the range may have been written.</returns>
    public SysResult Write(ulong offset, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0)
        {
            var count = FileCalls.Pwrite(_handle, source, offset);
            if (count.Raw <= 0)
            {
                return count.IsError ? count : Errno.EIO;
            }

            source = source[(int)count.Raw..];
            offset += (ulong)count.Raw;
        }

        return SysResult.Success;
    }

    /// <summary>Reads all of a range where that needs no waiting: the page cache has it.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Receives the bytes; holds anything where they were not read.</param>
    /// <returns>0; EAGAIN where <see cref="Read"/> must do, which may wait; else preadv2's errno.</returns>
    public SysResult TryRead(ulong offset, Span<byte> destination)
    {
        if (!_readsNow)
        {
            return Errno.EAGAIN;
        }

        var result = FileCalls.PreadNow(_handle, destination, offset);
        _readsNow = result.Errno != Errno.EOPNOTSUPP;

        // A call that did part of it, or nothing because of a signal, is one that would have waited.
        return result.Raw == destination.Length ? SysResult.Success
            : result.IsError && result.Errno is not (Errno.EOPNOTSUPP or Errno.EINTR) ? result : Errno.EAGAIN;
    }

    /// <summary>fdatasync(2): what was written is on the medium when this returns.</summary>
    public SysResult Sync() => FileCalls.Result(LibC.SyncFileData(_handle));

    /// <summary>Makes a range a hole, which reads as zeroes and takes no room.</summary>
    /// <returns>0; EOPNOTSUPP where the file system cannot; else fallocate's errno.</returns>
    public SysResult PunchHole(ulong offset, ulong length)
        => Allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);

    /// <summary>Makes a range zeroes that keep their room.</summary>
    /// <returns>0; EOPNOTSUPP where the file system cannot; else fallocate's errno.</returns>
    public SysResult ZeroRange(ulong offset, ulong length)
        => Allocate(FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, length);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static SysResult Open(string path, OpenFlags flags, int create, bool canWrite, out DiskFile? file)
    {
        file = null;
        int fd;
        do
        {
            fd = LibC.Open(path, (int)flags | create | O_CLOEXEC, NewFileMode);
        }
        while (fd < 0 && FileCalls.LastErrno() == Errno.EINTR);
        if (fd < 0)
        {
            return FileCalls.LastErrno();
        }

        file = new DiskFile(new FileDescriptorHandle(fd), canWrite);
        return SysResult.Success;
    }

    private static SysResult Locked(ref DiskFile? file)
    {
        var result = file!.TryLock();
        if (result.IsError)
        {
            file.Dispose();
            file = null;
        }

        return result;
    }

    private SysResult Allocate(int mode, ulong offset, ulong length)
    {
        SysResult result;
        do
        {
            result = FileCalls.Result(LibC.AllocateFileRange(_handle, mode, (long)offset, (long)length));
        }
        while (result.Errno == Errno.EINTR);
        return result;
    }
}
