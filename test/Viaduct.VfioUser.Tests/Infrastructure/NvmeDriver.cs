using System.Buffers.Binary;
using Viaduct.Linux;

namespace Viaduct.VfioUser.Tests.Infrastructure;

/// <summary>As much of a driver as a controller's admin queue needs.</summary>
internal static class NvmeDriver
{
    /// <summary>Where the memory is for the device.</summary>
    public const ulong Iova = 0x10000;

    /// <summary>Where data goes in it.</summary>
    public const int Data = 0x2000;

    /// <summary>How much there must be.</summary>
    public const int MemorySize = 0x3000;

    private const int Submission = 0, Completion = 0x1000;

    /// <summary>Enables the controller and waits for it.</summary>
    public static void Enable(WireClient client)
    {
        client.Write(7, 4, 2, 6); // memory, bus master
        client.Write(0, 0x24, 4, 0x000f000f);
        client.Write(0, 0x28, 8, Iova + Submission);
        client.Write(0, 0x30, 8, Iova + Completion);
        client.Write(0, 0x14, 4, 0x00460001);
        while ((client.Read(0, 0x1c, 4) & 1) == 0)
        {
            Thread.Yield();
        }
    }

    /// <summary>Has the controller describe itself.</summary>
    public static void Identify(WireClient client, MemoryMapping memory, int slot)
    {
        Submit(client, memory, slot);
        Await(memory, slot);
    }

    /// <summary>Puts that command into a slot of the admin queue, and rings.</summary>
    public static void Submit(WireClient client, MemoryMapping memory, int slot)
    {
        var entry = memory.GetSpan((nuint)(Submission + (slot * 64)), 64);
        entry.Clear();
        entry[0] = 6;
        entry[2] = (byte)(slot + 1);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], Iova + Data);
        entry[40] = 1; // the controller
        client.Write(0, 0x1000, 4, (uint)slot + 1);
    }

    /// <summary>Waits for its completion.</summary>
    public static void Await(MemoryMapping memory, int slot)
    {
        while ((memory.GetSpan((nuint)(Completion + (slot * 16) + 14), 1)[0] & 1) == 0)
        {
            Thread.Yield();
        }

        Assert.Equal(slot + 1, memory.GetSpan((nuint)(Completion + (slot * 16) + 12), 1)[0]);
        Assert.Equal(0, memory.GetSpan((nuint)(Completion + (slot * 16) + 15), 1)[0]);
    }
}
