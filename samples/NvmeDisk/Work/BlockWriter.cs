using NvmeDisk.Nvme;

namespace NvmeDisk.Work;

/// <summary>Writes a stream to a range of blocks, with as many commands under way as the queue has slots.</summary>
internal static class BlockWriter
{
    /// <param name="queue">Nothing of it is under way.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="first">The first block.</param>
    /// <param name="count">The most blocks to write.</param>
    /// <param name="input">Where the bytes come from; a last block that is not full is filled up with zeroes.</param>
    /// <returns>How many bytes came from the input.</returns>
    internal static ulong Run(NvmeIoQueue queue, NamespaceIdentity space, ulong first, ulong count, Stream input)
    {
        var chunk = (ulong)Math.Clamp(queue.MaxTransfer >> space.BlockShift, 1, ushort.MaxValue + 1);
        ulong bytes = 0;
        for (ulong at = 0; at < count;)
        {
            if (!queue.TryRent(out var slot))
            {
                slot = Finish(queue);
            }

            var memory = queue.Data(slot, (int)Math.Min(chunk, count - at) << space.BlockShift);
            var length = input.ReadAtLeast(memory, memory.Length, throwOnEndOfStream: false);
            var blocks = (length + space.BlockSize - 1) >> space.BlockShift;
            bytes += (ulong)length;
            if (blocks == 0)
            {
                queue.Return(slot);
                break;
            }

            memory[length..(blocks << space.BlockShift)].Clear();
            queue.Write(slot, space, first + at, blocks);
            queue.Announce();
            at += (ulong)blocks;
        }

        while (queue.Rented > 0)
        {
            queue.Return(Finish(queue));
        }

        return bytes;
    }

    private static int Finish(NvmeIoQueue queue)
    {
        var slot = queue.Wait(out var status);
        return status.IsSuccess ? slot : throw new NvmeException($"Write failed: {status}");
    }
}
