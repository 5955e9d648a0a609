using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

/// <summary>A process that holds the same byte everywhere, and can end.</summary>
internal sealed class EndingMemory(byte content) : ClientMemory
{
    private bool _gone;

    public (ulong Address, byte Value)? LastWrite { get; private set; }

    public void Exit()
    {
        _gone = true;
        NotifyEnd();
    }

    public override bool TryRead(ulong address, Span<byte> destination)
    {
        destination.Fill(content);
        return !_gone;
    }

    public override bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        LastWrite = (address, source[0]);
        return !_gone;
    }

    public override SysResult Pin(ulong address, ulong size, bool writable, out PinnedRange pinned)
    {
        pinned = default;
        return Errno.EFAULT;
    }
}
