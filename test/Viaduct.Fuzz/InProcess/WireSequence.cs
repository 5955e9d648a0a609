using System.Globalization;
using Viaduct.Cli.Machine;
using Viaduct.Fuzz.Wire;
using Viaduct.Linux.Sockets;
using Viaduct.Supervisor;
using Viaduct.VfioUser.Server;

namespace Viaduct.Fuzz.InProcess;

/// <summary>
/// Conversations that clients really had with the vfio-user server, with mistakes in them. Whatever came, the next client is served, and
/// once all have gone the server holds no more than before.
/// </summary>
internal static class WireSequence
{
    private const int Length = 3000;
    // What the runtime opens or keeps for itself meanwhile.
    private const int DescriptorSlack = 8;
    private const long MemorySlack = 64 << 20;

    private static long s_memory;
    private static readonly string[] s_models = ["edu", "ioat", "nvme", "nvme,file={0}/disk,size=64M"];

    /// <summary>Runs one.</summary>
    /// <returns>Messages sent.</returns>
    public static int Run(FuzzRandom random)
    {
        var descriptors = Footprint.Of(Environment.ProcessId).Descriptors;
        Serve(random);
        var left = Footprint.Of(Environment.ProcessId).Descriptors;
        if (left > descriptors + DescriptorSlack)
        {
            throw new FuzzFailure($"{descriptors} descriptors were open before, {left} are now.");
        }

        var memory = GC.GetTotalMemory(forceFullCollection: true);
        s_memory = s_memory == 0 ? memory : s_memory;
        if (memory > s_memory + MemorySlack)
        {
            throw new FuzzFailure($"{memory} bytes are held, {s_memory} were after the first sequence.");
        }

        return Length;
    }

    private static void Serve(FuzzRandom random)
    {
        var failures = new List<string>();
        var machine = new MachineBuilder(new RunStatistics(), failures.Add, new MachineOptions { DecodesAlways = true });
        var folder = Directory.CreateTempSubdirectory("viaduct-wire-").FullName;
        if (!machine.TryAdd([CoreSequence.Parse(string.Format(CultureInfo.InvariantCulture, random.Pick(s_models), folder))], out var error))
        {
            throw new FuzzFailure(error ?? "no machine");
        }

        var path = Path.Combine(folder, "s");
        var observer = new Observer();
        var connections = 0;
        UnixSocket.Listen(path, out var listener);
        using (var server = new VfioUserServer(machine.Devices[0].Device.Vfio!, listener!, new ServerOptions { Observer = observer }))
        {
            server.Start();
            for (var sent = 0; sent < Length; connections++)
            {
                sent += Play(path, random);
            }

            // And one that does all right, to the end.
            using var good = new WireClient(path, random, seed: 0);
            foreach (var message in Conversation.Recorded[0].Messages)
            {
                if (!good.Send(message, wrongOneIn: int.MaxValue))
                {
                    throw new FuzzFailure("A client that does nothing wrong is not served.");
                }
            }
        }

        Directory.Delete(folder, recursive: true);
        if (failures.Count > 0 || observer.Bugs.Count > 0 || observer.Gone < observer.Began)
        {
            throw new FuzzFailure($"{observer.Began} connected, {observer.Gone} went. {string.Join('\n', failures)}{string.Join('\n', observer.Bugs)}");
        }

        foreach (var placed in machine.Devices)
        {
            (placed.Device.Function as IDisposable)?.Dispose();
        }
    }

    private static int Play(string path, FuzzRandom random)
    {
        var conversation = random.Pick(Conversation.Recorded).Messages;
        var wrongOneIn = random.Pick([2, 5, 20, 100]);
        using var client = new WireClient(path, random, random.Below(int.MaxValue));
        var sent = 0;
        for (var at = 0; at < conversation.Count; at++)
        {
            // Not always in order, nor once; but the hello first, mostly.
            var message = at > 0 && random.OneIn(10) ? random.Pick(conversation) : conversation[at];
            at += at > 1 && random.OneIn(20) ? random.Below(20) - 8 : 0;
            at = Math.Max(at, 0);
            if (!client.Send(message, at == 0 ? 50 : wrongOneIn) || ++sent >= Length || random.OneIn(2000))
            {
                break;
            }
        }

        return Math.Max(sent, 1);
    }

    private sealed class Observer : IServerObserver
    {
        public int Began;
        public int Gone;

        public List<string> Bugs { get; } = [];

        public void Connected(int process) => Interlocked.Increment(ref Began);

        public void Disconnected(int process, string? reason)
        {
            Interlocked.Increment(ref Gone);
            if (reason?.Contains("please report", StringComparison.Ordinal) == true)
            {
                lock (Bugs)
                {
                    Bugs.Add(reason);
                }
            }
        }

        public void Refused(string what)
        {
        }
    }
}
