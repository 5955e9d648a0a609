using System.Buffers.Binary;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>A pair of queues as a driver sees it.</summary>
internal sealed class NvmeQueue(NvmeHost nvme, int id, ulong submissions, ulong completions, int entries)
{
    private int _phase = 1;

    public int Id => id;

    public ulong Submissions => submissions;

    public ulong Completions => completions;

    public int Tail { get; private set; }

    public int Head { get; private set; }

    private ulong TailDoorbell => 0x1000 + ((ulong)id * 8);

    private ulong HeadDoorbell => TailDoorbell + 4;

    /// <summary>Puts a command in, and does not tell.</summary>
    public ushort Put(NvmeEntry entry)
    {
        var identifier = nvme.NextIdentifier();
        entry.Put(nvme.Host.At(submissions + ((ulong)Tail * 64), 64), identifier);
        Tail = (Tail + 1) % entries;
        return identifier;
    }

    public void Ring() => nvme.Function.WriteBar(0, TailDoorbell, 4, (ulong)Tail);

    public ushort Submit(NvmeEntry entry)
    {
        var identifier = Put(entry);
        Ring();
        return identifier;
    }

    /// <summary>The next completion, if there is one; the doorbell is rung if so.</summary>
    public bool TryTake(out NvmeReply reply, bool rings = true)
    {
        var bytes = nvme.Host.At(completions + ((ulong)Head * 16), 16);
        var last = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        var middle = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        reply = new NvmeReply(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes), (int)(middle & 0xffff), (int)(middle >> 16), (ushort)last, (int)(last >> 17));
        if (((last >> 16) & 1) != _phase)
        {
            return false;
        }

        Head++;
        if (Head == entries)
        {
            Head = 0;
            _phase ^= 1;
        }

        if (rings)
        {
            RingHead();
        }

        return true;
    }

    public void RingHead() => nvme.Function.WriteBar(0, HeadDoorbell, 4, (ulong)Head);

    /// <summary>A command from beginning to end.</summary>
    public NvmeReply Do(NvmeEntry entry)
    {
        var identifier = Submit(entry);
        nvme.Run();
        Assert.True(TryTake(out var reply), $"command 0x{entry.Opcode:x2} of queue {id} did not complete");
        Assert.Equal(identifier, reply.Identifier);
        Assert.Equal(id, reply.Queue);
        return reply;
    }
}
