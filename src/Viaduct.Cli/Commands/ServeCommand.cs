using System.CommandLine;
using Viaduct.Cli.Machine;
using Viaduct.Cli.Output;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct serve</c>.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var device = DeviceOption.Create();
        var path = new Option<string[]>("--socket-path", "-s")
        {
            Description = "Where clients connect: a socket is made there, for this user alone. The first is the first device's, and so on.",
            HelpName = "PATH",
            AllowMultipleArgumentsPerToken = false,
        };
        var fd = new Option<int[]>("--fd")
        {
            Description = "In place of --socket-path, a socket that this process was started with: one that listens, as service managers pass "
                + "them, or a connection. Sockets of --fd come behind those of --socket-path.",
            HelpName = "N",
            AllowMultipleArgumentsPerToken = false,
        };
        var state = new Option<string?>("--state-dir")
        {
            Description = "A folder where devices that can (nvme) leave their state when the server is stopped, for the next one to go on from. "
                + "What a server that was killed had, its successor has not: clients reset the device then.",
            HelpName = "FOLDER",
        };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print nothing but errors." };
        var command = new Command("serve", "Serve device models to virtual machines and drivers over vfio-user, until SIGTERM.")
        {
            device, path, fd, state, quiet,
        };
        command.SetAction(result => Serve(
            result.GetValue(device) ?? [],
            result.GetValue(path) ?? [],
            result.GetValue(fd) ?? [],
            result.GetValue(state),
            result.GetValue(quiet)));
        return command;
    }

    private static int Serve(string[] devices, string[] paths, int[] descriptors, string? stateFolder, bool quiet)
    {
        if (DeviceOption.IsHelp(devices, out var model))
        {
            return DevicesCommand.Show(model, json: false);
        }

        var specs = new List<DeviceSpec>();
        if (!DeviceOption.TryParse(devices, specs, out var error))
        {
            return ErrorText.Write(error!, "fix: 'viaduct devices' lists the models, 'viaduct devices NAME' a model's keys");
        }

        if (specs.Count == 0)
        {
            return ErrorText.Write("There is no device to serve.", "fix: viaduct serve --device edu --socket-path /tmp/edu.sock");
        }

        if (specs.Count != paths.Length + descriptors.Length)
        {
            return ErrorText.Write(
                $"There are {specs.Count} devices and {paths.Length + descriptors.Length} sockets.",
                "fix: give each device a --socket-path (or --fd) of its own, in the same order");
        }

        var report = new ServeReport(quiet);
        var machine = new MachineBuilder(report, Console.Error.WriteLine, new MachineOptions { DecodesAlways = true });
        if (!machine.TryAdd(specs, out error))
        {
            return ErrorText.Write(error!, "fix: 'viaduct devices NAME' shows a model's keys");
        }

        using var sockets = new ServeSockets();
        return sockets.TryOpen(paths, descriptors) ? ServeRun.Run(machine, sockets, stateFolder, report) : ExitCodes.Failed;
    }
}
