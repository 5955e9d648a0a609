using System.Runtime.InteropServices;
using Viaduct.Linux;
using Viaduct.Linux.Sockets;
using Viaduct.Memory;
using Viaduct.VfioUser.Transport;

namespace Viaduct.Fuzz.Wire;

/// <summary>Stands between a client and a server, passes everything on, and writes down what the client said.</summary>
internal static class ConversationRecorder
{
    private const int Largest = 2 << 20;

    /// <summary>Records one connection.</summary>
    /// <param name="listenPath">Where the client will connect.</param>
    /// <param name="serverPath">Where the server is.</param>
    /// <param name="output">The file to write.</param>
    public static int Record(string listenPath, string serverPath, string output)
    {
        if (UnixSocket.Listen(listenPath, out var listener).IsError || UnixSocket.Connect(serverPath, out var server).IsError
            || listener!.Accept(out var client).IsError)
        {
            Console.Error.WriteLine($"cannot stand between {listenPath} and {serverPath}");
            return 1;
        }

        using (listener)
        using (server)
        using (client)
        using (var file = new StreamWriter(output))
        {
            var back = new Thread(() => Pass(server!, client!, null)) { IsBackground = true };
            back.Start();
            Pass(client!, server!, file);
            back.Join();
        }

        return 0;
    }

    private static void Pass(UnixSocket from, UnixSocket to, StreamWriter? file)
    {
        using var reader = new MessageReader(from, Largest);
        while (reader.Read() == ReadOutcome.Message)
        {
            byte[] bytes = [.. StructBytes.Of(reader.Header), .. reader.Payload.Span];
            var kinds = string.Concat(reader.Descriptors.Select(d => EventFdContext.IsEventFd(d) ? 'e' : 'm'));
            file?.WriteLine(Conversation.Format(bytes, kinds));
            to.Send(bytes, [.. reader.Descriptors.Select(d => (SafeHandle)d)]);
        }

        to.Shutdown();
    }
}
