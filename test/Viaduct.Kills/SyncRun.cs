using NvmeDisk.Nvme;
using NvmeDisk.Work;
using Viaduct.Driver;

namespace Viaduct.Kills;

/// <summary>
/// Writes and flushes one after the other, and says which system calls on the disk's file that has to become: w for a write, s for a
/// sync. A kill cannot tell whether a sync was made, because the kernel keeps what was written; who traces the server can.
/// </summary>
internal static class SyncRun
{
    private const int Times = 5;

    /// <summary>Does it to a server, and returns the calls in their order.</summary>
    internal static string Run(string socket)
    {
        using var disk = VfioUserDevice.Open(socket);
        using var controller = new NvmeController(disk, 1, useInterrupts: false, TimeSpan.FromSeconds(60));
        var space = controller.GetNamespace(1);
        var queue = controller.OpenQueue(1, space.BlockSize);
        var calls = "";
        for (var i = 0; i < Times; i++)
        {
            calls += Write(isDurable: false);
        }

        for (var i = 0; i < Times; i++)
        {
            calls += Write(isDurable: false) + Flush();
        }

        for (var i = 0; i < Times; i++)
        {
            calls += Write(isDurable: true) + "s";
        }

        controller.SetVolatileCache(false);
        for (var i = 0; i < Times; i++)
        {
            calls += Write(isDurable: false) + "s";
        }

        controller.SetVolatileCache(true);
        calls += Write(isDurable: false);
        controller.ShutDown();
        return calls + "s";

        string Write(bool isDurable)
        {
            _ = queue.TryRent(out var slot);
            Pattern.Fill(queue.Data(slot, space.BlockSize), 1, 0);
            queue.Write(slot, space, 0, 1, isDurable);
            Wait();
            return "w";
        }

        string Flush()
        {
            _ = queue.TryRent(out var slot);
            queue.Flush(slot, space);
            Wait();
            return "s";
        }

        void Wait()
        {
            queue.Return(queue.Wait(out var status));
            if (!status.IsSuccess)
            {
                throw new NvmeException($"{status}");
            }
        }
    }
}
