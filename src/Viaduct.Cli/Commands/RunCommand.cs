using System.CommandLine;
using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Cli.Machine;
using Viaduct.Cli.Output;
using Viaduct.Supervisor;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct run</c>.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var device = DeviceOption.Create();
        var options = new RunOptions();
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print no banner and no summary." };
        var program = new Argument<string[]>("PROGRAM")
        {
            Description = "The program and its arguments, after '--'. The exit status is the program's own, or 128 + N if signal N "
                + "ended it; 125 if viaduct failed, 126 if the program cannot be executed, 127 if it was not found.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("run", "Run a program, and all that it starts, with device models in place of hardware.") { device };
        options.AddTo(command);
        command.Add(quiet);
        command.Add(program);
        command.SetAction(result => Run(
            result.GetValue(device) ?? [],
            options.Machine(result),
            options.Limits(result),
            result.GetValue(quiet),
            result.GetValue(program) ?? []));
        return command;
    }

    /// <summary>Runs a program.</summary>
    /// <param name="devices">The values of --device.</param>
    /// <param name="machineOptions">The machine as a whole.</param>
    /// <param name="limits">What the program may.</param>
    /// <param name="quiet">--quiet.</param>
    /// <param name="program">The program and its arguments.</param>
    public static int Run(string[] devices, MachineOptions machineOptions, RunLimits limits, bool quiet, string[] program)
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

        if (program.Length == 0)
        {
            return ErrorText.Write("There is no program to run.", "fix: viaduct run --device edu -- PROGRAM [ARG]...");
        }

        if (program[0].StartsWith('-'))
        {
            return ErrorText.Write(
                $"run has no option '{program[0]}'.",
                "fix: 'viaduct run --help' lists the options; the program stands behind '--'");
        }

        var statistics = new RunStatistics();
        var machine = new MachineBuilder(statistics, Console.Error.WriteLine, machineOptions);
        if (!machine.TryAdd(specs, out error))
        {
            return ErrorText.Write(error!, "fix: 'viaduct devices NAME' shows a model's keys");
        }

        if (!quiet)
        {
            RunReport.WriteBanner(machine.Devices);
        }

        var run = new SupervisedRun(machine.System, new SupervisedRunOptions
        {
            EnforceMemlock = limits.EnforceMemlock,
            EnforceCapabilities = limits.EnforceCapabilities,
            PhysicalMemory = machine.PhysicalMemory,
            HostIoctls = machine.HostKvm,
            Report = Console.Error.WriteLine,
            Statistics = statistics,
        });
        using var signals = new SignalForwarding(run);
        var result = run.Start(program);
        if (result.Kind == RunResultKind.Ended && !quiet)
        {
            RunReport.WriteSummary(statistics, limits.EnforceMemlock, machine.PhysicalMemory is null ? "IOVA" : "physical address (or IOVA)");
        }

        return ExitCode(result, program[0]);
    }

    private static int ExitCode(in RunResult result, string program)
    {
        switch (result.Kind)
        {
            case RunResultKind.Ended:
                return result.Status.IsSignaled
                    ? ExitCodes.SignalBase + result.Status.TerminatingSignal
                    : result.Status.ExitCode;
            case RunResultKind.NotStarted:
                _ = ErrorText.Write(
                    $"{program} cannot be executed: {result.Error}.",
                    result.Error == Errno.ENOENT
                        ? "fix: give its path, or put its directory into PATH"
                        : "fix: is it executable (chmod +x), and built for this machine?");
                return result.Error == Errno.ENOENT ? ExitCodes.NotFound : ExitCodes.CannotExecute;
            default:
                return Doctor.Diagnosis.WriteNotSupervised(result.Mechanism, result.Error);
        }
    }

    /// <summary>Ctrl-C is the program's to answer, which has it from the terminal; what is sent to us alone is passed on.</summary>
    private sealed class SignalForwarding : IDisposable
    {
        private const int SIGHUP = 1, SIGTERM = 15;

        private readonly PosixSignalRegistration[] _registrations;

        public SignalForwarding(SupervisedRun run) => _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, static c => c.Cancel = true),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static c => c.Cancel = true),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => Forward(c, run, SIGTERM)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, c => Forward(c, run, SIGHUP)),
        ];

        public void Dispose()
        {
            foreach (var registration in _registrations)
            {
                registration.Dispose();
            }
        }

        private static void Forward(PosixSignalContext context, SupervisedRun run, int signal)
        {
            context.Cancel = true;
            run.Signal(signal);
        }
    }
}
