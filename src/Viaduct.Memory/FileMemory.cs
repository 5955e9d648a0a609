using Viaduct.Abi;

namespace Viaduct.Memory;

/// <summary>A client's file as memory for DMA: a memfd, or what else lies on tmpfs or hugetlbfs. Held until it is disposed, whatever
/// the client closes.</summary>
public abstract class FileMemory : IDisposable
{
    /// <summary>Holds a range: memfd_pin_folios.</summary>
    /// <param name="offset">The first byte; a multiple of 4 KiB.</param>
    /// <param name="size">Bytes; a multiple of 4 KiB, above zero, and not wrapping.</param>
    /// <param name="pinned">The range, whose memory may be written however the client's descriptor was opened.</param>
    /// <returns>Zero; EINVAL where it is no memory file, or ends before the range does.</returns>
    public abstract SysResult Pin(ulong offset, ulong size, out PinnedRange pinned);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of the file.</summary>
    protected abstract void Dispose(bool disposing);
}
