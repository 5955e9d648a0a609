using Microsoft.Win32.SafeHandles;
using Viaduct.Memory;

namespace Viaduct.VfioUser.Server;

/// <summary>Memory that is read and written as a file, because it cannot be mapped (libvfio-user's FILE_IO). Offsets are the file's.</summary>
/// <param name="file">Owned.</param>
internal sealed class FileMemorySource(SafeFileHandle file) : MemorySource
{
    /// <inheritdoc/>
    public override bool TryRead(ulong offset, Span<byte> destination)
    {
        try
        {
            return RandomAccess.Read(file, destination, (long)offset) == destination.Length;
        }
        catch (Exception failed) when (IsOutside(failed))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source)
    {
        try
        {
            RandomAccess.Write(file, source, (long)offset);
            return true;
        }
        catch (Exception failed) when (IsOutside(failed))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override void Release(in PinnedRange range) => file.Dispose();

    private static bool IsOutside(Exception failed)
        => failed is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException or ArgumentException;
}
