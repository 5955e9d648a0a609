using NvmeDisk.Nvme;

namespace NvmeDisk.Work;

/// <summary>Reads a range of blocks in order into a stream, with as many commands under way as the queue has
/// slots.</summary>
internal static class BlockReader
{
    /// <param name="queue">Nothing of it is under way.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="first">The first block.</param>
    /// <param name="count">How many.</param>
    /// <param name="output">Where the bytes go.</param>
    internal static void Run(NvmeIoQueue queue, NamespaceIdentity space, ulong first, ulong count, Stream output)
    {
        var chunk = (ulong)Math.Clamp(queue.MaxTransfer >> space.BlockShift, 1, ushort.MaxValue + 1);
        var isDone = new bool[queue.Depth];
        Queue<(int Slot, int Blocks)> underWay = [];
        for (ulong at = 0; at < count || underWay.Count > 0;)
        {
            while (at < count && queue.TryRent(out var slot))
            {
                var blocks = (int)Math.Min(chunk, count - at);
                queue.Read(slot, space, first + at, blocks);
                underWay.Enqueue((slot, blocks));
                at += (ulong)blocks;
            }

            while (!isDone[underWay.Peek().Slot])
            {
                var slot = queue.Wait(out var status);
                if (!status.IsSuccess)
                {
                    throw new NvmeException($"Read of blocks {first} + {count} failed: {status}");
                }

                isDone[slot] = true;
            }

            var (oldest, length) = underWay.Dequeue();
            output.Write(queue.Data(oldest, length << space.BlockShift));
            isDone[oldest] = false;
            queue.Return(oldest);
        }
    }
}
