using System.CommandLine;
using System.Diagnostics;
using NvmeDisk.Work;

namespace NvmeDisk.Commands;

/// <summary><c>verify</c>: does the disk give back what it was given?</summary>
internal static class VerifyCommand
{
    internal static Command Create(DeviceOptions device)
    {
        var command = new Command(
            "verify",
            "Writes a pattern with checksums over a range of blocks, flushes, reads it back through other queues and compares. "
            + "It says of each wrong block whether it is damaged, another block's, or old.");
        var range = new RangeOptions();
        range.AddTo(command);
        var queues = DeviceOptions.Queues(2);
        var depth = DeviceOptions.Depth(16);
        var overwrite = DiskCommand.Overwrite();
        command.Options.Add(queues);
        command.Options.Add(depth);
        command.Options.Add(overwrite);
        command.SetWork(result =>
        {
            if (!result.GetValue(overwrite))
            {
                Console.Error.WriteLine("NvmeDisk: verify overwrites the blocks: say --overwrite if it may");
                return ExitCode.Usage;
            }

            using var disk = device.Open(result, result.GetValue(queues));
            var (first, count) = range.Get(result, disk);
            var crew = disk.OpenQueues(result.GetValue(queues), result.GetValue(depth), disk.Controller.MaxTransfer);
            var verifier = new Verifier(crew, disk.Namespace, first, count, (ulong)DateTime.UtcNow.Ticks);
            var watch = Stopwatch.StartNew();
            var isGood = Gauge.Run("verify", () => verifier.BlocksDone / 2.0 / count, () =>
            {
                verifier.Write();
                verifier.Flush();
                return verifier.Check();
            });
            foreach (var fault in verifier.Faults)
            {
                Console.WriteLine(fault);
            }

            var bytes = Screen.Bytes(count << disk.Namespace.BlockShift);
            Console.WriteLine(
                isGood
                    ? $"verified {count} blocks ({bytes}) through {crew.Length} queues in {Screen.Time(watch.Elapsed)}: all good"
                    : $"{verifier.Faulty} of {count} blocks are wrong");
            disk.Controller.ShutDown();
            return isGood ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }
}
