using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Vfio.Files;

/// <summary>Strings in client memory.</summary>
public static class ClientString
{
    private const int PageSize = 4096;

    /// <summary>strndup_user(): copies a string that ends within the buffer.</summary>
    /// <param name="memory">The client's memory.</param>
    /// <param name="address">The first character.</param>
    /// <param name="buffer">Room for the string and its terminator.</param>
    /// <returns>Its length without the terminator; EFAULT; EINVAL where it is longer than the buffer allows.</returns>
    public static SysResult Read(ClientMemory memory, ulong address, Span<byte> buffer)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            // Never across a page in one copy: what lies behind the terminator may not be mapped.
            var at = address + (ulong)done;
            var part = (int)Math.Min((ulong)(buffer.Length - done), PageSize - (at & (PageSize - 1)));
            var piece = buffer.Slice(done, part);
            if (!memory.TryRead(at, piece))
            {
                return Errno.EFAULT;
            }

            var end = piece.IndexOf((byte)0);
            if (end >= 0)
            {
                return SysResult.FromValue(done + end);
            }

            done += part;
        }

        return Errno.EINVAL;
    }
}
