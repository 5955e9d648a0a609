using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.VfioUser.Server;

/// <summary>
/// The client's memory as the VFIO core sees it: the message that is being served. A payload that is one of vfio.h's structures is
/// where the core looks for it, and what the core writes is the reply.
/// </summary>
internal sealed class MessageMemory : ClientMemory
{
    /// <summary>The address of the first byte: a page's.</summary>
    public const ulong Base = 0x10000;

    private Memory<byte> _message;

    /// <summary>Shows the core these bytes, and nothing else.</summary>
    public void Show(Memory<byte> message) => _message = message;

    /// <inheritdoc/>
    public override bool TryRead(ulong address, Span<byte> destination)
    {
        if (!TryFind(address, destination.Length, out var bytes))
        {
            return false;
        }

        bytes.CopyTo(destination);
        return true;
    }

    /// <inheritdoc/>
    public override bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        if (!TryFind(address, source.Length, out var bytes))
        {
            return false;
        }

        source.CopyTo(bytes);
        return true;
    }

    /// <inheritdoc/>
    public override SysResult Pin(ulong address, ulong size, bool writable, out PinnedRange pinned)
    {
        pinned = default;
        return Errno.EFAULT;
    }

    private bool TryFind(ulong address, int length, out Span<byte> bytes)
    {
        var offset = address - Base;
        var found = offset <= (ulong)_message.Length && (ulong)length <= (ulong)_message.Length - offset;
        bytes = found ? _message.Span.Slice((int)offset, length) : default;
        return found;
    }
}
