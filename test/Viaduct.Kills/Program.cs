using System.CommandLine;
using System.Globalization;
using NvmeDisk.Nvme;
using Viaduct.Driver;
using Viaduct.Kills;

var viaduct = new Option<string>("--viaduct") { Description = "The viaduct command, with blanks between its words.", Required = true };
var kills = new Option<int>("--kills") { Description = "How many servers.", DefaultValueFactory = _ => 200 };
var seed = new Option<int?>("--seed") { Description = "Of what is written, and when a server is killed; any by default." };
var root = new RootCommand("Kills viaduct serve in mid-write, and looks whether the disk's file has what was promised.") { viaduct, kills, seed };
root.SetAction(parsed => Try(() => Kill(
    parsed.GetValue(viaduct)!, parsed.GetValue(kills), parsed.GetValue(seed) ?? Random.Shared.Next())));

var socket = new Argument<string>("SOCKET") { Description = "Where an nvme device is served." };
var syncs = new Command("syncs", "Writes and flushes; prints the writes (w) and syncs (s) of the file that they have to become.") { socket };
syncs.SetAction(parsed => Try(() =>
{
    Console.WriteLine(SyncRun.Run(parsed.GetValue(socket)!));
    return true;
}));
root.Add(syncs);
return root.Parse(args).Invoke();

static int Try(Func<bool> work)
{
    try
    {
        return work() ? 0 : 1;
    }
    catch (Exception e) when (e is VfioException or NvmeException or IOException)
    {
        Console.WriteLine($"kills: {e.Message}");
        return 1;
    }
}

static bool Kill(string viaduct, int kills, int seed)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kills: seed {seed}"));
    var folder = Directory.CreateTempSubdirectory("viaduct-kills-");
    try
    {
        KillRun[] runs = [new(viaduct, folder.FullName, 512, seed), new(viaduct, folder.FullName, 4096, seed + 1)];
        runs[0].Run((kills + 1) / 2);
        runs[1].Run(kills / 2);
        var faults = runs.Sum(static run => run.Faults);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kills: {kills} servers, {faults} faults"));
        return faults == 0;
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}
