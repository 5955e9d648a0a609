using Viaduct.Abi;

namespace Viaduct.Devices.Nvme.Storage;

/// <summary>
/// The bytes of a namespace. Ranges lie inside <see cref="Length"/>. Where <see cref="IsSlow"/>, several threads call at once, and only
/// <see cref="TryRead"/> is called by the controller's engine; else only the engine calls.
/// </summary>
public abstract class NvmeStorage : IDisposable
{
    /// <summary>Bytes; a multiple of 4096.</summary>
    public abstract ulong Length { get; }

    /// <summary>Nothing can be written.</summary>
    public virtual bool IsReadOnly => false;

    /// <summary>It may wait for a medium: what cannot be done at once is work for the background.</summary>
    public abstract bool IsSlow { get; }

    /// <summary>Another process can have the bytes, after this one.</summary>
    public virtual bool CanMove => false;

    /// <summary>Reads a range.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    public abstract StorageResult Read(ulong offset, Span<byte> destination);

    /// <summary>Writes a range.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes.</param>
    public abstract StorageResult Write(ulong offset, ReadOnlySpan<byte> source);

    /// <summary>Reads a range where nothing has to be waited for.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <returns>As <see cref="Read"/>, or <see cref="StorageResult.WouldWait"/>.</returns>
    public virtual StorageResult TryRead(ulong offset, Span<byte> destination)
        => IsSlow ? StorageResult.WouldWait : Read(offset, destination);

    /// <summary>Makes a range zeroes.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="deallocate">The range's room may be given back.</param>
    public abstract StorageResult Zero(ulong offset, ulong length, bool deallocate);

    /// <summary>What was written before this call stays, whatever happens to the power after it.</summary>
    public abstract StorageResult Flush();

    /// <summary>Makes what was written durable and gives the bytes up: from here on everything fails, until <see cref="TryTake"/>.</summary>
    /// <returns>Zero; why what was written may be lost.</returns>
    public virtual SysResult LetGo() => SysResult.Success;

    /// <summary>Takes the bytes, where they are not held.</summary>
    /// <returns>Zero; EAGAIN where somebody else has them.</returns>
    public virtual SysResult TryTake() => SysResult.Success;

    /// <summary>Closes what holds the bytes.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what holds the bytes.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
