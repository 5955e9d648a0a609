using System.CommandLine;
using NvmeDisk.Work;

namespace NvmeDisk.Commands;

/// <summary><c>read</c>: blocks to stdout or a file.</summary>
internal static class ReadCommand
{
    internal static Command Create(DeviceOptions device)
    {
        var command = new Command("read", "Reads blocks, to standard output or a file.");
        var range = new RangeOptions();
        range.AddTo(command);
        var depth = DeviceOptions.Depth(16);
        var file = new Option<string?>("--out") { Description = "Where to write the data; '-' is standard output.", HelpName = "FILE" };
        command.Options.Add(file);
        command.Options.Add(depth);
        command.SetWork(result =>
        {
            using var disk = device.Open(result);
            var (first, count) = range.Get(result, disk);
            using var output = result.GetValue(file) is { } path and not "-" ? File.Create(path) : Console.OpenStandardOutput();
            var queue = disk.Controller.OpenQueue(result.GetValue(depth), disk.Controller.MaxTransfer);
            BlockReader.Run(queue, disk.Namespace, first, count, output);
            disk.Controller.ShutDown();
            return ExitCode.Success;
        });
        return command;
    }
}
