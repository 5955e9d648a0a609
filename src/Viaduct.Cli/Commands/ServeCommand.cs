using System.CommandLine;
using System.Runtime.InteropServices;
using Viaduct.Cli.Machine;
using Viaduct.Cli.Output;
using Viaduct.Linux.Sockets;
using Viaduct.VfioUser.Server;

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
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print nothing but errors." };
        var command = new Command("serve", "Serve device models to virtual machines and drivers over vfio-user, until SIGTERM.")
        {
            device, path, fd, quiet,
        };
        command.SetAction(result => Serve(
            result.GetValue(device) ?? [], result.GetValue(path) ?? [], result.GetValue(fd) ?? [], result.GetValue(quiet)));
        return command;
    }

    private static int Serve(string[] devices, string[] paths, int[] descriptors, bool quiet)
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
        return sockets.TryOpen(paths, descriptors) ? Serve(machine, sockets, report) : ExitCodes.Failed;
    }

    private static int Serve(MachineBuilder machine, ServeSockets sockets, ServeReport report)
    {
        using var stop = new ManualResetEventSlim();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var servers = new List<VfioUserServer>();
        try
        {
            for (var i = 0; i < machine.Devices.Count; i++)
            {
                var placed = machine.Devices[i];
                var name = $"{placed.Spec.Model.Name} {placed.Device.Name}";
                servers.Add(new VfioUserServer(
                    placed.Device.Vfio!, sockets.Take(i), new ServerOptions { Observer = report.ForDevice(name) }));
                report.Serving(placed, sockets.PathOf(i));
            }

            // Served to the end where every socket was a connection.
            _ = Task.WhenAll(servers.Select(s => s.Completion)).ContinueWith(_ => stop.Set(), TaskScheduler.Default);
            stop.Wait();
        }
        finally
        {
            servers.ForEach(s => s.Dispose());
            foreach (var placed in machine.Devices)
            {
                (placed.Device.Function as IDisposable)?.Dispose();
            }
        }

        report.Stopped();
        return ExitCodes.Success;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Set();
        }
    }
}
