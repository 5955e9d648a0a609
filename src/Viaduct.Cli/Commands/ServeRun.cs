using System.Runtime.InteropServices;
using Viaduct.Cli.Machine;
using Viaduct.Cli.Output;
using Viaduct.Pci.Hardware;
using Viaduct.VfioUser.Server;

namespace Viaduct.Cli.Commands;

/// <summary>Servers from their beginning to SIGTERM.</summary>
internal static class ServeRun
{
    /// <summary>Serves a machine's devices, each at the socket of its number.</summary>
    /// <param name="machine">The devices.</param>
    /// <param name="sockets">Their sockets.</param>
    /// <param name="stateFolder">--state-dir.</param>
    /// <param name="report">Tells people.</param>
    public static int Run(MachineBuilder machine, ServeSockets sockets, string? stateFolder, ServeReport report)
    {
        using var stop = new ManualResetEventSlim();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        var served = new List<(VfioUserServer Server, DeviceStateFile? State)>();
        var isSaved = false;
        try
        {
            for (var i = 0; i < machine.Devices.Count; i++)
            {
                served.Add(Open(machine.Devices[i], sockets, i, stateFolder, report));
            }

            for (var i = 0; i < served.Count; i++)
            {
                served[i].Server.Start();
                report.Serving(machine.Devices[i], sockets.PathOf(i));
            }

            // To the end, where every socket was a connection.
            _ = Task.WhenAll(served.Select(s => s.Server.Completion)).ContinueWith(_ => stop.Set(), TaskScheduler.Default);
            stop.Wait();
            isSaved = Save(served);
        }
        finally
        {
            served.ForEach(s => s.Server.Dispose());
        }

        return Close(machine, report) && isSaved ? ExitCodes.Success : ExitCodes.Failed;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Set();
        }
    }

    private static (VfioUserServer Server, DeviceStateFile? State) Open(
        PlacedDevice placed, ServeSockets sockets, int index, string? stateFolder, ServeReport report)
    {
        var name = $"{placed.Spec.Model.Name} {placed.Device.Name}";
        var resumes = false;
        var server = new VfioUserServer(placed.Device.Vfio!, sockets.Take(index), new ServerOptions
        {
            Observer = report.ForDevice(name),
            ClientReady = () => Resume(placed, resumes),
        });
        var state = stateFolder is null ? null : new DeviceStateFile(stateFolder, placed);
        if (state is not null)
        {
            resumes = state.TryLoad(out var error);
            report.Restored(name, resumes, error);
        }

        return (server, state);
    }

    private static void Resume(PlacedDevice placed, bool resumes)
    {
        if (resumes)
        {
            (placed.Device.Function as IDeviceState)?.Resume();
        }
    }

    private static bool Close(MachineBuilder machine, ServeReport report)
    {
        var isDurable = true;
        foreach (var placed in machine.Devices)
        {
            if (placed.Device.Function is IDeviceStorage storage && !storage.TryClose(out var error))
            {
                isDurable = false;
                _ = ErrorText.Write($"{placed.Spec.Model.Name} {placed.Device.Name}: {error}", "fix: look for errors of the disk in the kernel's log");
            }
        }

        if (isDurable)
        {
            report.Stopped();
        }

        return isDurable;
    }

    /// <summary>Ends all connections, and leaves what the next server goes on from.</summary>
    private static bool Save(List<(VfioUserServer Server, DeviceStateFile? State)> served)
    {
        var isSaved = true;
        foreach (var (server, state) in served)
        {
            server.Stop();
            try
            {
                state?.TrySave();
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                isSaved = false;
                _ = ErrorText.Write(
                    $"The device's state could not be written: {refused.Message}", "fix: take a folder with room for --state-dir, in which you may write");
            }
        }

        return isSaved;
    }
}
