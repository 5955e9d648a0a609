using Viaduct.Memory;

namespace Viaduct.Iommu.NoIommu;

/// <summary>
/// The physical addresses of a machine without an IOMMU, which its devices use. They are made up: whoever asks for the address
/// behind a piece of memory gets one, and what a device does there is done to that memory.
/// <para>A process's memory is handed out in blocks of 1 GiB, by its virtual addresses: what is contiguous in the process is
/// contiguous here, within a block, and huge pages are aligned. Blocks that are asked for one after the other lie so.
/// Addresses begin at 4 GiB, as if all memory below were in use, and have 46 bits. A process's blocks go when it ends or
/// executes another program; their addresses are given to others only when there are no new ones left.</para>
/// </summary>
public sealed class PhysicalMemory
{
    /// <summary>Bytes that one block of a process has.</summary>
    public const ulong BlockSize = 1UL << BlockShift;

    /// <summary>The lowest address that is given away.</summary>
    public const ulong LowestAddress = 4UL << BlockShift;

    /// <summary>Blocks that one process may have: a bound on what a hostile one makes us remember.</summary>
    public const int MostBlocksOfOne = 4096;

    private const int BlockShift = 30;
    private const int LowestBlock = 4;
    private const int EndBlock = 1 << (46 - BlockShift);

    // Innermost but for the address space's own; what ends a client's memory takes it too.
    private readonly Lock _lock = new();
    private readonly Dictionary<ClientMemory, Dictionary<ulong, ulong>> _blocks = [];
    private readonly Queue<int> _freed = new();
    private int _next = LowestBlock;

    /// <summary>Where the devices' DMA goes.</summary>
    public IoAddressSpace Space { get; } = new();

    /// <summary>The physical address behind a virtual one, whether or not memory is there.</summary>
    /// <param name="memory">Whose memory.</param>
    /// <param name="address">The virtual address.</param>
    /// <param name="physical">The address that devices use.</param>
    /// <returns>False where the client has ended, has too many blocks already, or there is no address left.</returns>
    public bool TryGetAddress(ClientMemory memory, ulong address, out ulong physical)
    {
        ArgumentNullException.ThrowIfNull(memory);
        lock (_lock)
        {
            physical = address & (BlockSize - 1);
            if (!_blocks.TryGetValue(memory, out var blocks))
            {
                // Whoever ends it comes here afterwards, or has been here: then it says so.
                if (!memory.TryNotifyEnd(Forget))
                {
                    return false;
                }

                _blocks.Add(memory, blocks = []);
            }

            if (!blocks.TryGetValue(address >> BlockShift, out var at)
                && !TryAdd(blocks, new AddressedSource(memory), address >> BlockShift, out at))
            {
                return false;
            }

            physical |= at;
            return true;
        }
    }

    /// <summary>How far memory that is contiguous in a process is contiguous here.</summary>
    /// <param name="memory">Whose memory.</param>
    /// <param name="address">The virtual address of its first byte.</param>
    /// <param name="length">Bytes of interest, above zero; the last one's address must not wrap.</param>
    /// <param name="physical">The address of the first byte.</param>
    /// <param name="contiguous">Bytes from there on, at most <paramref name="length"/>.</param>
    public bool TryGetRun(ClientMemory memory, ulong address, ulong length, out ulong physical, out ulong contiguous)
    {
        contiguous = 0;
        if (!TryGetAddress(memory, address, out physical))
        {
            return false;
        }

        var last = address + (length - 1);
        for (var at = address; ;)
        {
            var blockLast = at | (BlockSize - 1);
            if (blockLast >= last)
            {
                contiguous = length;
                return true;
            }

            contiguous = blockLast - address + 1;
            at = blockLast + 1;
            if (!TryGetAddress(memory, at, out var next) || next != physical + contiguous)
            {
                return true;
            }
        }
    }

    /// <summary>Gives addresses to memory that is no process's, as a file's is.</summary>
    /// <param name="pinned">The memory; it must stay until <see cref="Remove"/>.</param>
    /// <param name="length">Bytes, above zero.</param>
    /// <param name="physical">The address of its first byte.</param>
    /// <returns>False where there are none left.</returns>
    public bool TryAdd(in PinnedRange pinned, ulong length, out ulong physical)
    {
        lock (_lock)
        {
            // Only new blocks are sure to be contiguous.
            var count = ((length - 1) >> BlockShift) + 1;
            physical = 0;
            if (count > (ulong)(EndBlock - _next) && (count > 1 || _freed.Count == 0))
            {
                return false;
            }

            physical = (ulong)TakeBlock() << BlockShift;
            _next += (int)count - 1;
            Space.Map(physical, physical + (length - 1), pinned.Source!, pinned.Offset, DmaAccess.Read | DmaAccess.Write);
            return true;
        }
    }

    /// <summary>Takes them away. When this returns no transfer uses them.</summary>
    /// <param name="physical">The first address.</param>
    /// <param name="length">Bytes, as they were added.</param>
    public void Remove(ulong physical, ulong length)
    {
        Space.Unmap(physical);
        lock (_lock)
        {
            for (var block = physical >> BlockShift; block <= (physical + (length - 1)) >> BlockShift; block++)
            {
                _freed.Enqueue((int)block);
            }
        }
    }

    private bool TryAdd(Dictionary<ulong, ulong> blocks, AddressedSource source, ulong block, out ulong physical)
    {
        physical = 0;
        if (blocks.Count >= MostBlocksOfOne || (_next == EndBlock && _freed.Count == 0))
        {
            return false;
        }

        physical = (ulong)TakeBlock() << BlockShift;
        blocks.Add(block, physical);
        Space.Map(physical, physical + (BlockSize - 1), source, block << BlockShift, DmaAccess.Read | DmaAccess.Write);
        return true;
    }

    /// <summary>New ones first, so that an address that a program forgot to take from its device finds nobody's memory.</summary>
    private int TakeBlock() => _next < EndBlock ? _next++ : _freed.Dequeue();

    /// <summary>Waits for nobody: what a transfer that is under way still reaches is the memory that has gone, and fails.</summary>
    private void Forget(ClientMemory memory)
    {
        lock (_lock)
        {
            if (!_blocks.Remove(memory, out var blocks))
            {
                return;
            }

            foreach (var physical in blocks.Values)
            {
                Space.UnmapDeferred(physical);
                _freed.Enqueue((int)(physical >> BlockShift));
            }
        }
    }

    /// <summary>A whole process, by its virtual addresses.</summary>
    private sealed class AddressedSource(ClientMemory memory) : MemorySource
    {
        public override bool TryRead(ulong offset, Span<byte> destination) => memory.TryRead(offset, destination);

        public override bool TryWrite(ulong offset, ReadOnlySpan<byte> source) => memory.TryWrite(offset, source);
    }
}
