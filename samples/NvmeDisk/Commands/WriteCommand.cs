using System.CommandLine;
using NvmeDisk.Nvme;
using NvmeDisk.Work;

namespace NvmeDisk.Commands;

/// <summary><c>write</c>: stdin or a file to blocks.</summary>
internal static class WriteCommand
{
    internal static Command Create(DeviceOptions device)
    {
        var command = new Command(
            "write", "Writes standard input or a file to blocks. What is left of the last block becomes zeroes.");
        var range = new RangeOptions();
        range.AddTo(command);
        var depth = DeviceOptions.Depth(16);
        var file = new Option<string?>("--in") { Description = "Where to read the data; '-' is standard input.", HelpName = "FILE" };
        command.Options.Add(file);
        command.Options.Add(depth);
        command.SetWork(result =>
        {
            using var disk = device.Open(result);
            var (first, count) = range.Get(result, disk);
            using var input = result.GetValue(file) is { } path and not "-" ? File.OpenRead(path) : Console.OpenStandardInput();
            var queue = disk.Controller.OpenQueue(result.GetValue(depth), disk.Controller.MaxTransfer);
            var bytes = BlockWriter.Run(queue, disk.Namespace, first, count, input);
            if (bytes == count << disk.Namespace.BlockShift && input.ReadByte() >= 0)
            {
                throw new NvmeException($"there is more input than the {count} blocks hold; they are written");
            }

            disk.Controller.ShutDown();
            Console.Error.WriteLine($"NvmeDisk: wrote {bytes} bytes from block {first} on; 'flush' makes them last");
            return ExitCode.Success;
        });
        return command;
    }
}
