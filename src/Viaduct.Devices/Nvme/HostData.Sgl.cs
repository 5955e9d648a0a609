using System.Buffers.Binary;

namespace Viaduct.Devices.Nvme;

/// <content>Scatter gather lists, NVMe base 2.0, 4.1.2.</content>
internal sealed partial class HostData
{
    private const int DescriptorLength = 16;

    // Of a command, in all its segments: what the host says can be endless.
    private const int MostDescriptors = 2048;
    private const int DescriptorsAtOnce = 64;
    private const int DataBlock = 0;
    private const int BitBucket = 1;
    private const int Segment = 2;
    private const int LastSegment = 3;
    private const int None = -1;

    private readonly byte[] _descriptors = new byte[DescriptorsAtOnce * DescriptorLength];

    private NvmeStatus MapSgl(ulong address, ulong rest, ulong length, bool isToHost)
    {
        var descriptor = new Descriptor(address, (uint)rest, (int)(rest >> 60), (int)(rest >> 56) & 0xf);
        var budget = MostDescriptors;
        while (descriptor.Kind is Segment or LastSegment)
        {
            if (descriptor.SubKind != 0)
            {
                return NvmeStatus.SglDescriptorTypeInvalid;
            }

            if (descriptor.Length == 0 || descriptor.Length % DescriptorLength != 0)
            {
                return NvmeStatus.InvalidSglSegmentDescriptor;
            }

            var status = MapSegment(descriptor, ref length, isToHost, ref budget, out var next);
            if (status != NvmeStatus.Success || next.Kind == None)
            {
                return status;
            }

            descriptor = next;
        }

        var mapped = MapDescriptor(descriptor, ref length, isToHost);
        return mapped == NvmeStatus.Success && length > 0 ? NvmeStatus.DataSglLengthInvalid : mapped;
    }

    /// <summary>The descriptors of one segment.</summary>
    /// <param name="segment">Where it is.</param>
    /// <param name="length">What is still to be found of the data.</param>
    /// <param name="isToHost">The controller writes the data.</param>
    /// <param name="budget">Descriptors that may still be read.</param>
    /// <param name="next">The segment that comes next; of kind <see cref="None"/> where this was the last.</param>
    private NvmeStatus MapSegment(
        Descriptor segment, ref ulong length, bool isToHost, ref int budget, out Descriptor next)
    {
        next = new Descriptor(0, 0, None, 0);
        var count = segment.Length / DescriptorLength;
        for (uint done = 0; done < count;)
        {
            var part = (int)Math.Min(count - done, DescriptorsAtOnce);
            budget -= part;
            if (budget < 0)
            {
                return NvmeStatus.InvalidNumberOfSglDescriptors;
            }

            var bytes = _descriptors.AsSpan(0, part * DescriptorLength);
            if (!dma.Read(segment.Address + (done * (ulong)DescriptorLength), bytes).IsOk)
            {
                return NvmeStatus.DataTransferError;
            }

            for (var i = 0; i < part; i++, done++)
            {
                // The last of a segment that is not the last segment leads on, and no other.
                var descriptor = Descriptor.Read(bytes[(i * DescriptorLength)..]);
                var mayLead = done == count - 1 && segment.Kind == Segment;
                if (descriptor.Kind is Segment or LastSegment || mayLead)
                {
                    next = descriptor;
                    return descriptor.Kind is Segment or LastSegment && mayLead
                        ? NvmeStatus.Success
                        : NvmeStatus.InvalidSglSegmentDescriptor;
                }

                var status = MapDescriptor(descriptor, ref length, isToHost);
                if (status != NvmeStatus.Success)
                {
                    return status;
                }
            }
        }

        return length > 0 ? NvmeStatus.DataSglLengthInvalid : NvmeStatus.Success;
    }

    private NvmeStatus MapDescriptor(in Descriptor descriptor, ref ulong length, bool isToHost)
    {
        if (descriptor.Kind is not (DataBlock or BitBucket) || descriptor.SubKind != 0)
        {
            return NvmeStatus.SglDescriptorTypeInvalid;
        }

        // A bit bucket counts for what the controller sends, and is nothing for what it fetches.
        var isBucket = descriptor.Kind == BitBucket;
        var part = Math.Min(descriptor.Length, length);
        if (part == 0 || (isBucket && !isToHost))
        {
            return NvmeStatus.Success;
        }

        if (!TryAdd(descriptor.Address, (int)part, isBucket))
        {
            return NvmeStatus.InvalidNumberOfSglDescriptors;
        }

        length -= part;
        return NvmeStatus.Success;
    }

    private readonly record struct Descriptor(ulong Address, uint Length, int Kind, int SubKind)
    {
        public static Descriptor Read(ReadOnlySpan<byte> bytes) => new(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            bytes[15] >> 4,
            bytes[15] & 0xf);
    }
}
