using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.Tests;

/// <summary>A memory file of so many pages.</summary>
internal sealed class FakeFile(int pages)
{
    private readonly FakeSource _source = new(new byte[pages * 4096], 0);

    private readonly ulong _size = (ulong)pages * 4096;

    public int Opens { get; private set; }

    public int Pins => _source.Pins;

    public FileMemory Open()
    {
        Opens++;
        return new Reference(this);
    }

    private sealed class Reference(FakeFile file) : FileMemory
    {
        public override SysResult Pin(ulong offset, ulong size, out PinnedRange pinned)
        {
            pinned = default;
            if (offset + size > file._size)
            {
                return Errno.EINVAL;
            }

            file._source.Pins++;
            pinned = new PinnedRange(file._source, offset, size / 4096);
            return SysResult.Success;
        }

        protected override void Dispose(bool disposing) => file.Opens--;
    }
}
