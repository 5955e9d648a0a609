using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Vfio.Ioctl;

/// <summary>
/// The capabilities that travel behind an info structure (vfio_info_cap_add and vfio_info_cap_shift): each begins on
/// a multiple of 8 bytes, and <c>next</c> counts from the structure's start, 0 at the last.
/// </summary>
/// <param name="structSize">Bytes of the structure in front of the chain.</param>
public sealed class CapabilityChain(int structSize)
{
    private const int HeaderSize = VfioInfoCapHeader.Size;
    private byte[] _bytes = [];
    private int _last = -1;

    /// <summary>Bytes of all capabilities; zero where there is none.</summary>
    public int Length => _bytes.Length;

    /// <summary>Bytes of structure and chain: what <c>argsz</c> must be at least.</summary>
    public uint Needed => (uint)(structSize + _bytes.Length);

    /// <summary>Appends a capability.</summary>
    /// <param name="id">VFIO_*_INFO_CAP_*.</param>
    /// <param name="version">Version of its layout.</param>
    /// <param name="body">What follows the header.</param>
    public void Add(ushort id, ushort version, ReadOnlySpan<byte> body)
    {
        var at = _bytes.Length;
        Array.Resize(ref _bytes, at + ((HeaderSize + body.Length + 7) & ~7));
        if (_last >= 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_last + 4), (uint)(structSize + at));
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(at), id);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(at + 2), version);
        body.CopyTo(_bytes.AsSpan(at + HeaderSize));
        _last = at;
    }

    /// <summary>Puts the chain behind the client's structure, where its buffer holds both. The structure itself is
    /// left to the caller.</summary>
    /// <param name="memory">The client's memory.</param>
    /// <param name="argument">Address of the structure.</param>
    /// <param name="argsz">The client's; becomes <see cref="Needed"/> where that is more.</param>
    /// <param name="capOffset">Where the chain begins; 0 where it was not written.</param>
    /// <returns>Zero, also where the buffer is too small, or EFAULT.</returns>
    public SysResult CopyTo(ClientMemory memory, ulong argument, ref uint argsz, out uint capOffset)
    {
        capOffset = 0;
        if (argsz < Needed)
        {
            argsz = Needed;
            return SysResult.Success;
        }

        if (!memory.TryWrite(argument + (ulong)structSize, _bytes))
        {
            return Errno.EFAULT;
        }

        capOffset = (uint)structSize;
        return SysResult.Success;
    }
}
