using System.Globalization;
using NvmeDisk;
using NvmeDisk.Work;

namespace Viaduct.Bench;

/// <summary>
/// --nvme NAME SECONDS DEVICE: random reads of 4 KiB at several queue depths, by one polled queue of NvmeDisk's driver, on a disk
/// that was written before. One line for each depth, "nvme-NAME-DEPTH - nanoseconds", of the time from one completion to the next.
/// </summary>
internal static class NvmeRun
{
    private const int Transfer = 4096;
    private const int WriteTransfer = 128 << 10;

    // Larger than the processor's caches; all queue depths together read much less than all of it.
    private const ulong Bytes = 64 << 20;

    private static readonly int[] s_depths = [1, 8, 32, 128];

    /// <returns>0, or 2 where the arguments are wrong.</returns>
    public static int Run(string[] args)
    {
        if (args is not [var name, var text, var device]
            || !double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) || seconds is not (> 0 and <= 60))
        {
            Console.Error.WriteLine("usage: Viaduct.Bench --nvme NAME SECONDS DEVICE");
            return 2;
        }

        using var disk = Disk.Open(device, new DiskOptions { Queues = 1 + s_depths.Length });
        var count = Bytes >> disk.Namespace.BlockShift;
        var write = new LoadPlan(LoadKind.Write, 0, WriteTransfer >> disk.Namespace.BlockShift, 0, count, (long)(Bytes / WriteTransfer), null, 1);
        new Load([disk.Controller.OpenQueue(8, WriteTransfer)], disk.Namespace, write).Run(CancellationToken.None);
        foreach (var depth in s_depths)
        {
            var queue = disk.Controller.OpenQueue(depth, Transfer);
            var plan = new LoadPlan(
                LoadKind.RandRead, 100, Transfer >> disk.Namespace.BlockShift, 0, count, null, TimeSpan.FromSeconds(seconds), depth);

            // The first is compiled meanwhile.
            new Load([queue], disk.Namespace, plan with { Duration = plan.Duration / 2 }).Run(CancellationToken.None);
            var load = new Load([queue], disk.Namespace, plan);
            load.Run(CancellationToken.None);
            var each = load.Elapsed.TotalNanoseconds / load.Latency(reads: true).Count;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"nvme-{name}-{depth} - {each:0.#}"));
        }

        disk.Controller.ShutDown();
        return 0;
    }
}
