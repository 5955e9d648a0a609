using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

/// <summary>A client's address space: one array of bytes at <see cref="Base"/>, with holes, read-only and BAR
/// pages.</summary>
internal sealed class FakeMemory(int pages) : ClientMemory
{
    public const ulong Base = 0x10_0000_0000;
    public const ulong PageSize = 4096;

    public byte[] Bytes { get; } = new byte[pages * (int)PageSize];

    public HashSet<ulong> Holes { get; } = [];

    public HashSet<ulong> ReadOnly { get; } = [];

    public HashSet<ulong> BarPages { get; } = [];

    public FakeSource Source => field ??= new FakeSource(Bytes, Base);

    /// <summary>The process ends.</summary>
    public void End() => NotifyEnd();

    public static ulong Page(int index) => Base + ((ulong)index * PageSize);

    public override bool TryRead(ulong address, Span<byte> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            if (!IsThere(address + (ulong)i))
            {
                return false;
            }

            destination[i] = Bytes[(int)(address + (ulong)i - Base)];
        }

        return true;
    }

    public override bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        for (var i = 0; i < source.Length; i++)
        {
            if (!IsThere(address + (ulong)i) || ReadOnly.Contains((address + (ulong)i) / PageSize))
            {
                return false;
            }

            Bytes[(int)(address + (ulong)i - Base)] = source[i];
        }

        return true;
    }

    public override SysResult Pin(ulong address, ulong size, bool writable, out PinnedRange pinned)
    {
        ulong locked = 0;
        for (ulong at = 0; at < size; at += PageSize)
        {
            var page = (address + at) / PageSize;
            if (!IsThere(address + at) || (writable && ReadOnly.Contains(page)))
            {
                pinned = new PinnedRange(null, 0, locked);
                return Errno.EFAULT;
            }

            locked += BarPages.Contains(page) ? 0UL : 1;
        }

        pinned = new PinnedRange(Source, address, locked);
        Source.Pins++;
        return SysResult.Success;
    }

    private bool IsThere(ulong address)
        => address - Base < (ulong)Bytes.Length && !Holes.Contains(address / PageSize);
}
