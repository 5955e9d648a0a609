using System.CommandLine;
using NvmeDisk.Nvme;
using NvmeDisk.Work;

namespace NvmeDisk.Commands;

/// <summary><c>load</c>: how fast is it?</summary>
internal sealed class LoadCommand
{
    private static readonly LoadKind[] s_kinds =
        [LoadKind.RandRead, LoadKind.RandWrite, LoadKind.RandRw, LoadKind.Read, LoadKind.Write];

    private readonly DeviceOptions _device;
    private readonly RangeOptions _range = new();
    private readonly Option<string> _kind = new("--rw")
    {
        Description = "What to do: randread, randwrite, randrw (mixed), read or write (in sequence).",
        HelpName = "KIND",
        DefaultValueFactory = static _ => NameOf(LoadKind.RandRead),
    };

    private readonly Option<int> _mix = new("--mix")
    {
        Description = "Of a hundred commands of randrw, how many read.",
        HelpName = "PERCENT",
        DefaultValueFactory = static _ => 70,
    };

    private readonly Option<int> _blockSize = new("--block-size")
    {
        Description = "Bytes of a command; 4k and 1m may be written too.",
        HelpName = "BYTES",
        DefaultValueFactory = static _ => 4096,
        CustomParser = static result =>
        {
            if (!ByteCount.TryParse(result.Tokens[0].Value, out var bytes))
            {
                result.AddError($"'{result.Tokens[0].Value}' is no number of bytes, such as 512, 4k or 1m.");
            }

            return bytes;
        },
    };

    private readonly Option<double?> _seconds = new("--seconds")
    {
        Description = "How long; 5 where --count is not given either.",
        HelpName = "S",
    };

    private readonly Option<long?> _count = new("--count")
    {
        Description = "How many commands, of all queues together.",
        HelpName = "N",
    };

    private readonly Option<int> _seed = new("--seed")
    {
        Description = "The same seed gives the same blocks.",
        HelpName = "N",
        DefaultValueFactory = static _ => 1,
    };

    private readonly Option<int> _queues = DeviceOptions.Queues(1);
    private readonly Option<int> _depth = DeviceOptions.Depth(32);
    private readonly Option<bool> _overwrite = DiskCommand.Overwrite();

    private LoadCommand(DeviceOptions device)
    {
        _device = device;
        _kind.AcceptOnlyFromAmong([.. s_kinds.Select(NameOf)]);
    }

    internal static Command Create(DeviceOptions device)
    {
        var options = new LoadCommand(device);
        var command = new Command(
            "load", "Keeps queues busy for a while, as fio does, and shows operations a second and latencies.");
        foreach (var option in new Option[]
        {
            options._kind, options._mix, options._blockSize, options._queues, options._depth, options._seconds, options._count,
            options._seed, options._overwrite,
        })
        {
            command.Options.Add(option);
        }

        options._range.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(options._mix) is < 0 or > 100)
            {
                result.AddError("--mix is 0 to 100.");
            }

            if (result.GetValue(options._seconds) is <= 0 || result.GetValue(options._count) is <= 0)
            {
                result.AddError("--seconds and --count are above 0.");
            }
        });
        command.SetWork(options.Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        var kind = s_kinds.First(kind => NameOf(kind) == result.GetValue(_kind));
        if (kind is not (LoadKind.RandRead or LoadKind.Read) && !result.GetValue(_overwrite))
        {
            Console.Error.WriteLine("NvmeDisk: this load overwrites the blocks: say --overwrite if it may");
            return ExitCode.Usage;
        }

        using var disk = _device.Open(result, result.GetValue(_queues));
        var blockSize = CheckBlockSize(disk, result.GetValue(_blockSize));
        var queues = disk.OpenQueues(result.GetValue(_queues), result.GetValue(_depth), blockSize);
        var load = new Load(queues, disk.Namespace, Plan(result, disk, kind, blockSize));
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            // What was measured is shown; a second Ctrl-C ends the program.
            e.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        };
        Gauge.Run("load", () => load.Progress, () =>
        {
            load.Run(stop.Token);
            return true;
        });
        LoadReport.Write(load, queues, blockSize);
        disk.Controller.ShutDown();
        return ExitCode.Success;
    }

    private LoadPlan Plan(ParseResult result, Disk disk, LoadKind kind, int blockSize)
    {
        var (first, count) = _range.Get(result, disk);
        var blocks = blockSize >> disk.Namespace.BlockShift;
        if (count < (ulong)blocks)
        {
            throw new NvmeException($"{count} blocks are less than one command's {blocks}");
        }

        var commands = result.GetValue(_count);
        var seconds = result.GetValue(_seconds) ?? (commands is null ? 5 : null);
        return new LoadPlan(
            kind,
            result.GetValue(_mix),
            blocks,
            first,
            count,
            commands,
            seconds is { } time ? TimeSpan.FromSeconds(time) : null,
            result.GetValue(_seed));
    }

    private static string NameOf(LoadKind kind) => kind.ToString().ToLowerInvariant();

    private static int CheckBlockSize(Disk disk, int bytes)
    {
        var unit = disk.Namespace.BlockSize;
        var most = Math.Min(disk.Controller.MaxTransfer, unit << 16);
        return bytes >= unit && bytes % unit == 0 && bytes <= most
            ? bytes
            : throw new NvmeException($"--block-size is a multiple of {unit} up to {most} with this controller, not {bytes}");
    }
}
