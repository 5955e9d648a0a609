using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using NvmeDisk;
using NvmeDisk.Commands;

// An NVMe driver in user space, as a program: looks at a controller, reads, writes, verifies and loads its disk.
var device = new DeviceOptions();
var root = new RootCommand(
    "Drives an NVMe controller from user space: no kernel driver, no file system. The controller is reset when it is opened. "
    + "Exit status: 0, 1 for a failure or wrong data, 2 for a command line that cannot be understood.")
{
    IdentifyCommand.Create(device),
    ReadCommand.Create(device),
    WriteCommand.Create(device),
    FlushCommand.Create(device),
    VerifyCommand.Create(device),
    LoadCommand.Create(device),
};
device.AddTo(root);
root.Options.OfType<HelpOption>().Single().Action = new HelpText();
var command = root.Parse(args);
if (command.Action is ParseErrorAction error)
{
    error.ShowHelp = args.Length == 0;
    _ = command.Invoke();
    Console.Error.WriteLine("NvmeDisk: 'NvmeDisk --help' says what there is, 'NvmeDisk COMMAND --help' more of a command.");
    return ExitCode.Usage;
}

return command.Invoke();
