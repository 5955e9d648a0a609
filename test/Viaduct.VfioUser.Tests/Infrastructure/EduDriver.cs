using Viaduct.VfioUser.Protocol;

namespace Viaduct.VfioUser.Tests.Infrastructure;

/// <summary>Has edu move bytes.</summary>
internal static class EduDriver
{
    /// <summary>Edu's own memory, as its DMA sees it.</summary>
    public const ulong OwnMemory = 0x40000;

    private const ulong Source = 0x80, Destination = 0x88, Count = 0x90, Command = 0x98;

    /// <summary>Begins a transfer of 256 bytes.</summary>
    public static void Start(WireClient client, ulong from, ulong to, bool toMemory)
    {
        client.Write(7, 4, 2, 6); // memory, bus master
        client.Write(0, Source, 8, from);
        client.Write(0, Destination, 8, to);
        client.Write(0, Count, 8, 256);
        client.Write(0, Command, 4, toMemory ? 3u : 1);
    }

    /// <summary>Waits until it is done.</summary>
    public static void Await(WireClient client)
    {
        while ((client.Read(0, Command, 4) & 1) != 0)
        {
            Thread.Yield();
        }
    }

    /// <summary>Both.</summary>
    public static void Transfer(WireClient client, ulong from, ulong to, bool toMemory)
    {
        Start(client, from, to, toMemory);
        Await(client);
    }

    /// <summary>The client's reply to a message that the device sent.</summary>
    public static void Answer(WireClient client, Reply command, byte[] data)
        => client.SendRaw(WireClient.Message(
            command.Header.MessageId,
            command.Header.Command,
            WireClient.Bytes(command.As<VfioUserDmaAccess>(), data),
            VfioUserFlags.Reply));
}
