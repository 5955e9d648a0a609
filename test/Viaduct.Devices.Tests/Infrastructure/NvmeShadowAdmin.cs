using System.Buffers.Binary;

namespace Viaduct.Devices.Tests.Infrastructure;

/// <summary>The admin queue of a driver that keeps its doorbells in memory, and writes a register only where the event index asks for it (B.5).</summary>
internal sealed class NvmeShadowAdmin(NvmeHost nvme, ulong shadow, ulong eventIndex)
{
    private const ulong TailRegister = 0x1000;
    private const ulong HeadRegister = 0x1004;

    /// <summary>How often the register of the completion queue's head was written.</summary>
    public int HeadsRung { get; private set; }

    /// <summary>A command from beginning to end.</summary>
    public NvmeReply Do(NvmeEntry entry)
    {
        var identifier = nvme.Admin.Put(entry);
        if (Move(0, (uint)nvme.Admin.Tail))
        {
            nvme.Function.WriteBar(0, TailRegister, 4, (uint)nvme.Admin.Tail);
        }

        nvme.Run();
        Assert.True(nvme.Admin.TryTake(out var reply, rings: false), $"admin command 0x{entry.Opcode:x2} did not complete");
        Assert.Equal(identifier, reply.Identifier);
        if (Move(4, (uint)nvme.Admin.Head))
        {
            HeadsRung++;
            nvme.Function.WriteBar(0, HeadRegister, 4, (uint)nvme.Admin.Head);
            nvme.Run();
        }

        return reply;
    }

    /// <summary>Error log entries since the beginning.</summary>
    public ulong Errors()
    {
        Assert.Equal(0, Do(new NvmeEntry(0x02) { Nsid = 0xffff_ffff, Prp1 = NvmeHost.Data, Dword10 = 0x000f_0001 }).Status);
        return NvmeHost.Word64(nvme.Host.At(NvmeHost.Data, 64), 0);
    }

    private bool Move(ulong at, uint value)
    {
        var word = nvme.Host.At(shadow + at, 4);
        var old = BinaryPrimitives.ReadUInt32LittleEndian(word);
        BinaryPrimitives.WriteUInt32LittleEndian(word, value);
        var asked = BinaryPrimitives.ReadUInt32LittleEndian(nvme.Host.At(eventIndex + at, 4));
        return (ushort)(value - asked - 1) < (ushort)(value - old);
    }
}
