using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Viaduct.Cli;
using Viaduct.Cli.Commands;
using Viaduct.Cli.Output;

var root = new RootCommand("Viaduct is Linux's VFIO in user space. It runs unmodified VFIO programs against device models: no hardware, "
    + "no root, no kernel module, no VM.")
{
    RunCommand.Create(),
    ServeCommand.Create(),
    DevicesCommand.Create(),
    DoctorCommand.Create(),
    DemoCommand.Create(),
    TceCommand.Create(),
};
root.Options.OfType<HelpOption>().Single().Action = new HelpText()
    .Add(
        root.Name,
        "viaduct COMMAND [options]",
        "viaduct demo                                             see it work",
        "viaduct run --device ioat -- ./my-driver 0000:01:00.0    run a driver",
        "viaduct doctor                                           when it does not work")
    .Add(
        "run",
        "viaduct run [options] -- PROGRAM [ARG]...",
        "viaduct run --device edu -- ./my-driver 0000:01:00.0",
        "viaduct run --device ioat,addr=0000:05:00.0 --device edu -- sh -c 'ls -l /dev/vfio; ./test.sh'",
        "viaduct run --iommu spapr --device nvme,addr=0000:01:00.0 -- qemu-system-ppc64 -M pseries -device vfio-pci,host=0000:01:00.0",
        "viaduct run --iommu none --device ioat -- ./my-driver 0000:01:00.0",
        "viaduct run --device ioat --memlock=enforce --quiet -- ./my-driver 0000:01:00.0")
    .Add(
        "serve",
        "viaduct serve --device NAME[,key=value]... --socket-path PATH [...]",
        "viaduct serve --device edu --socket-path /tmp/edu.sock",
        "viaduct serve --device ioat --socket-path /tmp/a.sock --device edu --socket-path /tmp/b.sock",
        "systemd-socket-activate -l /tmp/edu.sock viaduct serve --device edu --fd 3")
    .Add("devices", "viaduct devices [NAME] [--json]", "viaduct devices", "viaduct devices ioat")
    .Add("tce", "viaduct tce replay TRACE", "viaduct tce replay qemu.log", "xz -dc qemu.log.xz | viaduct tce replay -")
    .Add("doctor", "viaduct doctor [--json]", "viaduct doctor")
    .Add("demo", "viaduct demo [-- ARG...]", "viaduct demo", "viaduct demo -- --size 64 --count 4");
var command = root.Parse(args);
if (command.Action is ParseErrorAction error)
{
    error.ShowHelp = args.Length == 0;
    _ = command.Invoke();
    Console.Error.WriteLine($"viaduct: '{Help(command.CommandResult.Command)}' says what there is.");
    return ExitCodes.Failed;
}

return command.Invoke();

static string Help(Command command) => command is RootCommand ? "viaduct --help" : $"viaduct {command.Name} --help";
