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
    private const string Report = "report";
    private const string Enforce = "enforce";
    private const string On = "on";
    private const string Off = "off";

    public static Command Create()
    {
        var device = DeviceOption.Create();
        var memlock = new Option<string>("--memlock")
        {
            Description = "What RLIMIT_MEMLOCK does. report: DMA mappings may exceed the program's limit, and the summary says what a "
                + "real host needs. enforce: they fail with ENOMEM, as in the kernel.",
            HelpName = $"{Report}|{Enforce}",
            DefaultValueFactory = _ => Report,
        };
        memlock.AcceptOnlyFromAmong(Report, Enforce);
        var remapping = OnOrOff(
            "--interrupt-remapping",
            On,
            "off: an IOMMU that cannot keep devices from forging interrupts. SET_IOMMU and binding to an iommufd are then "
                + "EPERM, unless --allow-unsafe-interrupts.");
        var unsafeInterrupts = new Option<bool>("--allow-unsafe-interrupts")
        {
            Description = "As the modules' parameter allow_unsafe_interrupts=1.",
        };
        var dirtyTracking = OnOrOff(
            "--dirty-tracking",
            Off,
            "on: an IOMMU whose page tables remember which pages devices wrote, for programs that migrate or snapshot: "
                + "IOMMU_HWPT_ALLOC_DIRTY_TRACKING works, and IOMMU_GET_HW_INFO says so. Only iommufd has it, no container.");
        var sriov = new Option<bool>("--enable-sriov")
        {
            Description = "As vfio-pci's parameter enable_sriov=1: a number written to sriov_numvfs in sysfs makes virtual functions of a device "
                + "that has some, such as ioat,vfs=4.",
        };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print no banner and no summary." };
        var program = new Argument<string[]>("PROGRAM")
        {
            Description = "The program and its arguments, after '--'. The exit status is the program's own, or 128 + N if signal N "
                + "ended it; 125 if viaduct failed, 126 if the program cannot be executed, 127 if it was not found.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("run", "Run a program, and all that it starts, with device models in place of hardware.")
        {
            device, memlock, remapping, unsafeInterrupts, dirtyTracking, sriov, quiet, program,
        };
        command.SetAction(result => Run(
            result.GetValue(device) ?? [],
            new MachineOptions
            {
                InterruptRemapping = result.GetValue(remapping) != Off,
                AllowUnsafeInterrupts = result.GetValue(unsafeInterrupts),
                DirtyTracking = result.GetValue(dirtyTracking) == On,
                EnableSriov = result.GetValue(sriov),
            },
            result.GetValue(memlock) == Enforce,
            result.GetValue(quiet),
            result.GetValue(program) ?? []));
        return command;
    }

    private static Option<string> OnOrOff(string name, string usual, string description)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = $"{On}|{Off}",
            DefaultValueFactory = _ => usual,
        };
        option.AcceptOnlyFromAmong(On, Off);
        return option;
    }

    /// <summary>Runs a program.</summary>
    /// <param name="devices">The values of --device.</param>
    /// <param name="machineOptions">The machine as a whole.</param>
    /// <param name="enforceMemlock">--memlock=enforce.</param>
    /// <param name="quiet">--quiet.</param>
    /// <param name="program">The program and its arguments.</param>
    public static int Run(string[] devices, MachineOptions machineOptions, bool enforceMemlock, bool quiet, string[] program)
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
            EnforceMemlock = enforceMemlock,
            Report = Console.Error.WriteLine,
            Statistics = statistics,
        });
        using var signals = new SignalForwarding(run);
        var result = run.Start(program);
        if (result.Kind == RunResultKind.Ended && !quiet)
        {
            RunReport.WriteSummary(statistics, enforceMemlock);
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
