using System.CommandLine;
using NvmeDisk.Nvme;

namespace NvmeDisk.Commands;

/// <summary><c>flush</c>: what was written survives a loss of power.</summary>
internal static class FlushCommand
{
    internal static Command Create(DeviceOptions device)
    {
        var command = new Command("flush", "Makes all that was written to the namespace survive a loss of power.");
        command.SetWork(result =>
        {
            using var disk = device.Open(result);
            var queue = disk.Controller.OpenQueue(1, disk.Namespace.BlockSize);
            _ = queue.TryRent(out var slot);
            queue.Flush(slot, disk.Namespace);
            queue.Return(queue.Wait(out var status));
            if (!status.IsSuccess)
            {
                throw new NvmeException($"Flush failed: {status}");
            }

            disk.Controller.ShutDown();
            return ExitCode.Success;
        });
        return command;
    }
}
