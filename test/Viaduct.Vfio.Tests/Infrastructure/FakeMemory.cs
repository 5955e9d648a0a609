using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Vfio.Tests.Infrastructure;

/// <summary>A client's memory: two pages at <see cref="Base"/>, nothing around them.</summary>
internal sealed class FakeMemory : ClientMemory
{
    public const ulong Base = 0x10000;
    public const int PageSize = 4096;
    public const ulong End = Base + (2 * PageSize);

    public byte[] Bytes { get; } = new byte[2 * PageSize];

    public bool IsReadOnly { get; set; }

    /// <summary>Puts bytes at an address and returns it.</summary>
    public ulong Put(ReadOnlySpan<byte> bytes, ulong address = Base)
    {
        bytes.CopyTo(Bytes.AsSpan((int)(address - Base)));
        return address;
    }

    public ulong PutInt32(int value, ulong address = Base) => Put(BitConverter.GetBytes(value), address);

    public override bool TryRead(ulong address, Span<byte> destination)
    {
        if (!IsThere(address, destination.Length))
        {
            return false;
        }

        Bytes.AsSpan((int)(address - Base), destination.Length).CopyTo(destination);
        return true;
    }

    public override bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        if (IsReadOnly || !IsThere(address, source.Length))
        {
            return false;
        }

        source.CopyTo(Bytes.AsSpan((int)(address - Base)));
        return true;
    }

    public override SysResult Pin(ulong address, ulong size, bool writable, out PinnedRange pinned)
    {
        pinned = default;
        return Errno.EFAULT;
    }

    private static bool IsThere(ulong address, int length)
        => address >= Base && address <= End && (ulong)length <= End - address;
}
