using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Pci.Tests.Infrastructure;

/// <summary>A client's memory: one array at <see cref="Base"/>, nothing around it. It copies what is there before it
/// fails.</summary>
internal sealed class FakeMemory(int size = 1 << 16) : ClientMemory
{
    public const ulong Base = 0x10000;

    public byte[] Bytes { get; } = new byte[size];

    /// <summary>Copies so far, in either direction.</summary>
    public int Calls { get; private set; }

    public override bool TryRead(ulong address, Span<byte> destination)
    {
        Calls++;
        var there = There(address, destination.Length);
        if (there != 0)
        {
            Bytes.AsSpan((int)(address - Base), there).CopyTo(destination);
        }

        return there == destination.Length;
    }

    public override bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        Calls++;
        var there = There(address, source.Length);
        if (there != 0)
        {
            source[..there].CopyTo(Bytes.AsSpan((int)(address - Base)));
        }

        return there == source.Length;
    }

    public override SysResult Pin(ulong address, ulong size, bool writable, out PinnedRange pinned)
    {
        pinned = default;
        return Errno.EFAULT;
    }

    private int There(ulong address, int length)
        => address < Base || address >= Base + (ulong)Bytes.Length
            ? 0
            : (int)Math.Min((ulong)length, Base + (ulong)Bytes.Length - address);
}
