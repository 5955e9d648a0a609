using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Devices.Nvme.Storage;

/// <summary>Bytes in a raw image, or on a block device, which is locked for as long as this is open.</summary>
public sealed class FileStorage : NvmeStorage
{
    // What is written where the file system has no way to make zeroes.
    private static readonly byte[] s_zeroes = new byte[1 << 20];

    private readonly DiskFile _file;
    private volatile bool _isHeld;
    private volatile bool _hasHoles = true;
    private volatile bool _hasZeroRange = true;

    private FileStorage(DiskFile file, ulong length, bool isReadOnly, bool isHeld)
    {
        _file = file;
        _isHeld = isHeld;
        Length = length;
        IsReadOnly = isReadOnly;
    }

    /// <inheritdoc/>
    public override ulong Length { get; }

    /// <inheritdoc/>
    public override bool IsReadOnly { get; }

    /// <inheritdoc/>
    public override bool IsSlow => true;

    /// <inheritdoc/>
    public override bool CanMove => true;

    /// <summary>Opens an image that is there.</summary>
    /// <param name="path">The file; not empty.</param>
    /// <param name="isReadOnly">It is only read, and may be open for reading elsewhere too.</param>
    /// <param name="storage">Its bytes, rounded down to 4096; null after an error.</param>
    /// <returns>0; EAGAIN where somebody else has it; EINVAL where it holds less than 4096 bytes; else the errno of open.</returns>
    public static SysResult Open(string path, bool isReadOnly, out FileStorage? storage)
    {
        storage = null;
        var result = DiskFile.Open(path, !isReadOnly, out var file);
        return file is null ? result : Wrap(file, isReadOnly, isHeld: true, out storage);
    }

    /// <summary>Opens an image that somebody else may have: nothing but <see cref="TryTake"/> works before that.</summary>
    /// <param name="path">The file; not empty.</param>
    /// <param name="isReadOnly">It will only be read.</param>
    /// <param name="storage">Its bytes, rounded down to 4096; null after an error.</param>
    /// <returns>0; EINVAL where it holds less than 4096 bytes; else the errno of open.</returns>
    public static SysResult OpenForLater(string path, bool isReadOnly, out FileStorage? storage)
    {
        storage = null;
        var result = DiskFile.OpenUnlocked(path, !isReadOnly, out var file);
        return file is null ? result : Wrap(file, isReadOnly, isHeld: false, out storage);
    }

    /// <summary>Makes an image that is not there, all holes.</summary>
    /// <param name="path">The file; not empty.</param>
    /// <param name="length">Bytes; at least 4096.</param>
    /// <param name="storage">Its bytes; null after an error.</param>
    /// <returns>0; EEXIST where it is there; else the errno.</returns>
    public static SysResult Create(string path, ulong length, out FileStorage? storage)
    {
        storage = null;
        var result = DiskFile.Create(path, length, out var file);
        return file is null ? result : Wrap(file, isReadOnly: false, isHeld: true, out storage);
    }

    /// <inheritdoc/>
    public override StorageResult Read(ulong offset, Span<byte> destination)
        => _isHeld ? Of(_file.Read(offset, destination)) : StorageResult.Failed;

    /// <inheritdoc/>
    public override StorageResult Write(ulong offset, ReadOnlySpan<byte> source)
        => _isHeld ? Of(_file.Write(offset, source)) : StorageResult.Failed;

    /// <inheritdoc/>
    public override StorageResult TryRead(ulong offset, Span<byte> destination)
        => _isHeld ? Of(_file.TryRead(offset, destination)) : StorageResult.Failed;

    /// <inheritdoc/>
    public override StorageResult Zero(ulong offset, ulong length, bool deallocate)
    {
        if (!_isHeld)
        {
            return StorageResult.Failed;
        }

        if (deallocate && _hasHoles)
        {
            var result = _file.PunchHole(offset, length);
            _hasHoles = result.Errno != Errno.EOPNOTSUPP;
            if (_hasHoles)
            {
                return Of(result);
            }
        }

        if (_hasZeroRange)
        {
            var result = _file.ZeroRange(offset, length);
            _hasZeroRange = result.Errno != Errno.EOPNOTSUPP;
            if (_hasZeroRange)
            {
                return Of(result);
            }
        }

        return WriteZeroes(offset, length);
    }

    /// <inheritdoc/>
    public override StorageResult Flush() => _isHeld && !IsReadOnly ? Of(_file.Sync()) : StorageResult.Ok;

    /// <inheritdoc/>
    public override SysResult LetGo()
    {
        if (!_isHeld)
        {
            return SysResult.Success;
        }

        var result = IsReadOnly ? SysResult.Success : _file.Sync();
        if (!result.IsError)
        {
            _isHeld = false;
            result = _file.Unlock();
        }

        return result;
    }

    /// <inheritdoc/>
    public override SysResult TryTake()
    {
        if (_isHeld)
        {
            return SysResult.Success;
        }

        var result = _file.TryLock();
        _isHeld = !result.IsError;
        return result;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    private static SysResult Wrap(DiskFile file, bool isReadOnly, bool isHeld, out FileStorage? storage)
    {
        storage = null;
        var length = file.Length();
        var result = length.IsError ? length : length.Raw < NvmeNamespace.LargestBlock ? Errno.EINVAL : SysResult.Success;
        if (result.IsError)
        {
            file.Dispose();
            return result;
        }

        storage = new FileStorage(file, (ulong)length.Raw & ~((ulong)NvmeNamespace.LargestBlock - 1), isReadOnly, isHeld);
        return SysResult.Success;
    }

    private static StorageResult Of(SysResult result) => result.Errno switch
    {
        Errno.None => StorageResult.Ok,
        Errno.EAGAIN => StorageResult.WouldWait,
        Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG => StorageResult.NoSpace,
        _ => StorageResult.Failed,
    };

    private StorageResult WriteZeroes(ulong offset, ulong length)
    {
        while (length > 0)
        {
            var part = Math.Min(length, (ulong)s_zeroes.Length);
            var result = Of(_file.Write(offset, s_zeroes.AsSpan(0, (int)part)));
            if (result != StorageResult.Ok)
            {
                return result;
            }

            offset += part;
            length -= part;
        }

        return StorageResult.Ok;
    }
}
