using System.CommandLine;
using NvmeDisk.Nvme;
using Viaduct.Driver;

namespace NvmeDisk.Commands;

/// <summary>Runs a command's work, and says on stderr what went wrong.</summary>
internal static class DiskCommand
{
    /// <summary>A command whose work is given a parsed command line.</summary>
    internal static void SetWork(this Command command, Func<ParseResult, int> work) => command.SetAction(result =>
    {
        try
        {
            return work(result);
        }
        catch (Exception e) when (e is VfioException or NvmeException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"NvmeDisk: {e.Message}");
            return ExitCode.Failure;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine($"NvmeDisk: {e.Message}");
            return ExitCode.Usage;
        }
    });

    /// <summary>Opens as many queues as the user wants, or as the controller has.</summary>
    internal static NvmeIoQueue[] OpenQueues(this Disk disk, int wanted, int depth, int transfer)
    {
        var count = Math.Min(wanted, disk.Controller.QueueCount);
        if (count < wanted)
        {
            Console.Error.WriteLine($"NvmeDisk: {disk.Device.Name} grants {count} of {wanted} queues");
        }

        var queues = new NvmeIoQueue[count];
        for (var i = 0; i < count; i++)
        {
            queues[i] = disk.Controller.OpenQueue(depth, transfer);
        }

        return queues;
    }

    /// <summary>What keeps a mistake from overwriting a disk.</summary>
    internal static Option<bool> Overwrite() => new("--overwrite")
    {
        Description = "Says that the blocks may be overwritten, which this does.",
    };
}
