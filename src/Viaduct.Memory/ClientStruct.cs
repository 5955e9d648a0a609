using System.Runtime.InteropServices;
using Viaduct.Abi;

namespace Viaduct.Memory;

/// <summary>Structures whose size the client states, so that they may grow: the kernel's copy_struct_from_user.</summary>
public static class ClientStruct
{
    /// <summary>Copies a structure of a version that may not be ours.</summary>
    /// <param name="memory">The client's memory.</param>
    /// <param name="address">The structure.</param>
    /// <param name="userSize">The client's sizeof, in bytes. What we do not know must be zero; what it does not know stays
    /// zero.</param>
    /// <param name="size">Our sizeof, in bytes.</param>
    /// <param name="value">The copy.</param>
    /// <returns>Zero, E2BIG, or EFAULT.</returns>
    public static SysResult TryRead<T>(ClientMemory memory, ulong address, uint userSize, int size, out T value)
        where T : unmanaged
    {
        value = default;
        if (userSize > (uint)size)
        {
            var tail = CheckZeroed(memory, address + (ulong)size, userSize - (uint)size);
            if (tail.IsError)
            {
                return tail;
            }
        }

        return memory.TryReadPrefix(address, (int)Math.Min(userSize, (uint)size), out value)
            ? SysResult.Success
            : Errno.EFAULT;
    }

    /// <summary>Copies a structure that begins with its size, four bytes.</summary>
    /// <param name="memory">The client's memory.</param>
    /// <param name="address">The structure.</param>
    /// <param name="minSize">Bytes that it must have at least.</param>
    /// <param name="size">Our sizeof, in bytes.</param>
    /// <param name="userSize">The client's, as far as it could be read.</param>
    /// <param name="value">The copy.</param>
    /// <returns>Zero; EFAULT, EINVAL where it is too small, or E2BIG.</returns>
    public static SysResult TryReadSized<T>(
        ClientMemory memory, ulong address, int minSize, int size, out uint userSize, out T value)
        where T : unmanaged
    {
        // To ask another process costs more than all the rest of a short call, so that one question has to do where it can.
        if (memory.TryReadPrefix(address, size, out value))
        {
            userSize = MemoryMarshal.Read<uint>(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
            if (userSize == (uint)size)
            {
                return SysResult.Success;
            }
        }
        else if (!memory.TryRead(address, out userSize))
        {
            return Errno.EFAULT;
        }

        return userSize < (uint)minSize ? Errno.EINVAL : TryRead(memory, address, userSize, size, out value);
    }

    /// <summary>check_zeroed_user.</summary>
    /// <param name="memory">The client's memory.</param>
    /// <param name="address">The first byte that must be zero.</param>
    /// <param name="length">Bytes; what lies behind the first one that is not zero is not read.</param>
    /// <returns>Zero, E2BIG where a byte is not zero, or EFAULT.</returns>
    public static SysResult CheckZeroed(ClientMemory memory, ulong address, uint length)
    {
        const uint PageSize = 4096;
        Span<byte> buffer = stackalloc byte[(int)PageSize];
        while (length > 0)
        {
            // Never across a page in one copy: what lies behind a byte that decides may not be mapped.
            var part = Math.Min(length, PageSize - (uint)(address & (PageSize - 1)));
            var piece = buffer[..(int)part];
            if (!memory.TryRead(address, piece))
            {
                return Errno.EFAULT;
            }

            if (piece.IndexOfAnyExcept((byte)0) >= 0)
            {
                return Errno.E2BIG;
            }

            address += part;
            length -= part;
        }

        return SysResult.Success;
    }
}
