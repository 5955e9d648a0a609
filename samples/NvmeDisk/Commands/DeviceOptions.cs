using System.CommandLine;
using Viaduct.Driver;

namespace NvmeDisk.Commands;

/// <summary>What every command needs: the device and how to talk to it. They stand before the command.</summary>
internal sealed class DeviceOptions
{
    private const string Auto = "auto";
    private const string Group = "group";
    private const string Cdev = "cdev";
    private const string Poll = "poll";
    private const string Msix = "msix";
    private const int MostQueues = 1024;

    private readonly Argument<string> _device = new("DEVICE")
    {
        Description = "Where the controller is: 0000:01:00.0, through the kernel's VFIO (bound to vfio-pci); unix:PATH, behind a "
            + "vfio-user socket; model:nvme,KEY=VALUE..., a model in this process, with the keys of 'viaduct devices nvme'.",
    };

    private readonly Option<string> _api = new("--api")
    {
        Description = "The kernel's interface. group: /dev/vfio/N in a container. cdev: /dev/vfio/devices/vfioN with iommufd. auto: "
            + "cdev where it is there, else group.",
        HelpName = $"{Auto}|{Group}|{Cdev}",
        DefaultValueFactory = static _ => Auto,
        Recursive = true,
    };

    private readonly Option<string> _completions = new("--completions")
    {
        Description = "How the driver learns that commands are done. poll: it reads memory all the time, which has the shortest "
            + "latency and takes a processor for each queue. msix: it sleeps until the queue's interrupt comes.",
        HelpName = $"{Poll}|{Msix}",
        DefaultValueFactory = static _ => Poll,
        Recursive = true,
    };

    private readonly Option<uint> _namespace = new("--namespace", "-n")
    {
        Description = "Which namespace to use.",
        HelpName = "NSID",
        DefaultValueFactory = static _ => 1,
        Recursive = true,
    };

    private readonly Option<double> _timeout = new("--timeout")
    {
        Description = "How long a command may take before the controller counts as stuck.",
        HelpName = "SECONDS",
        DefaultValueFactory = static _ => 30,
        Recursive = true,
    };

    /// <summary>Adds them to the root command.</summary>
    internal void AddTo(RootCommand root)
    {
        _api.AcceptOnlyFromAmong(Auto, Group, Cdev);
        _completions.AcceptOnlyFromAmong(Poll, Msix);
        _timeout.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 86_400))
            {
                result.AddError("--timeout is above 0 and at most 86400 seconds.");
            }
        });
        root.Arguments.Add(_device);
        root.Options.Add(_api);
        root.Options.Add(_completions);
        root.Options.Add(_namespace);
        root.Options.Add(_timeout);
    }

    /// <summary>Opens the disk.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="queues">How many I/O queues the command wants.</param>
    internal Disk Open(ParseResult result, int queues = 1) => Disk.Open(
        result.GetValue(_device) ?? throw new FormatException("which device? NvmeDisk 0000:01:00.0 COMMAND"),
        new DiskOptions
        {
            Api = result.GetValue(_api) switch
            {
                Group => VfioApi.Group,
                Cdev => VfioApi.Cdev,
                _ => VfioApi.Auto,
            },
            Namespace = result.GetValue(_namespace),
            Queues = queues,
            UseInterrupts = result.GetValue(_completions) == Msix,
            Patience = TimeSpan.FromSeconds(result.GetValue(_timeout)),
        });

    /// <summary>An option for the number of queues.</summary>
    internal static Option<int> Queues(int usual) => Number(
        "--queues", "How many I/O queues, each with a thread of its own.", usual, 1, MostQueues);

    /// <summary>An option for the commands under way in each queue.</summary>
    internal static Option<int> Depth(int usual) => Number(
        "--depth", "How many commands are under way in each queue.", usual, 1, ushort.MaxValue);

    private static Option<int> Number(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => usual,
        };
        option.Validators.Add(result =>
        {
            var value = result.GetValueOrDefault<int>();
            if (value < least || value > most)
            {
                result.AddError($"{name} is {least} to {most}.");
            }
        });
        return option;
    }
}
