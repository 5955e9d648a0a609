using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Viaduct.Fuzz;
using Viaduct.Fuzz.InProcess;
using Viaduct.Fuzz.Wire;

var seed = new Option<ulong?>("--seed") { Description = "Where the random sequences begin; any by default." };
var seconds = new Option<int>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 20 };
var viaduct = new Option<string>("--viaduct")
{
    Description = "The viaduct command, with blanks between its words.",
    DefaultValueFactory = _ => $"dotnet {Path.Combine(AppContext.BaseDirectory, "viaduct.dll")}",
};
var programs = new Option<int>("--programs") { Description = "Supervisors at a time.", DefaultValueFactory = _ => 2 };
var clients = new Option<int>("--clients") { Description = "Not for a time, but so many clients under one supervisor: to repeat a failure." };
var client = new Option<string?>("--client") { Description = "The client, where it is built already." };
var part = new Option<string?>("--part") { Description = "Only this part of our own process, for the whole time, and no programs." };
part.AcceptOnlyFromAmong([.. InProcessRun.Parts]);
var root = new RootCommand("Runs random VFIO programs under viaduct, and random input through its parts.")
{
    seed, seconds, viaduct, programs, clients, client, part,
};
var record = new Option<string[]>("--record")
{
    Description = "Records a vfio-user conversation: where the client will connect, the server's socket, the file.",
    Arity = new ArgumentArity(3, 3),
    AllowMultipleArgumentsPerToken = true,
};
root.Add(record);
root.SetAction(parsed => parsed.GetValue(record) is [var from, var to, var file] ? ConversationRecorder.Record(from, to, file) : Run(
    parsed.GetValue(seed) ?? (ulong)Random.Shared.NextInt64(1, 1L << 40),
    parsed.GetValue(seconds),
    parsed.GetValue(viaduct)!,
    parsed.GetValue(programs),
    parsed.GetValue(clients),
    parsed.GetValue(client),
    parsed.GetValue(part)));
return root.Parse(args).Invoke();

static int Run(ulong seed, int seconds, string viaduct, int programs, int clients, string? client, string? part)
{
    var folder = Directory.CreateTempSubdirectory("viaduct-fuzz-");
    try
    {
        folder.UnixFileMode |= UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        client ??= part is null ? Build(folder.FullName) : "";
        var run = new FuzzRun(viaduct, client);
        var inside = new InProcessRun();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fuzz: seed {seed}"));
        if (part is not null)
        {
            inside.Run(seed, TimeSpan.FromSeconds(seconds), part);
        }
        else if (clients > 0)
        {
            run.Session(seed, clients, DateTime.MaxValue);
        }
        else
        {
            var end = DateTime.UtcNow.AddSeconds(seconds);
            inside.Run(seed, TimeSpan.FromSeconds(Math.Max(1, seconds / 10)));
            foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "seeds.txt")))
            {
                if (line.Split(' ') is [var first, var count] && ulong.TryParse(first, CultureInfo.InvariantCulture, out var old))
                {
                    run.Session(old, int.Parse(count, CultureInfo.InvariantCulture), end);
                }
            }

            run.Until(end, seed, programs);
        }

        var failures = run.Failures + inside.Failures;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"fuzz: {run.Sequences + inside.Sequences} sequences, {run.Calls + inside.Calls} calls, {failures} failures"));
        return failures == 0 ? 0 : 1;
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}

static string Build(string folder)
{
    var client = Path.Combine(folder, "fuzz-client");
    using var build = Process.Start(Path.Combine(AppContext.BaseDirectory, "build-client.sh"), [client]);
    build.WaitForExit();
    return build.ExitCode == 0 ? client : throw new InvalidOperationException("The client does not build; is there a C compiler?");
}
