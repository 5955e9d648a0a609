using System.Runtime.ExceptionServices;
using NvmeDisk.Nvme;

namespace NvmeDisk.Work;

/// <summary>A thread for each queue.</summary>
internal static class Crew
{
    /// <summary>Runs the work for each queue's index, and waits for all. The first failure is thrown here.</summary>
    internal static void Run(NvmeIoQueue[] queues, Action<int> work)
    {
        ExceptionDispatchInfo? failure = null;
        var threads = new Thread[queues.Length];
        for (var i = 0; i < threads.Length; i++)
        {
            var index = i;
            threads[i] = new Thread(() =>
            {
                try
                {
                    work(index);
                }
                catch (IOException e)
                {
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                }
            })
            {
                IsBackground = true,
                Name = $"queue {queues[i].Number}",
            };
            threads[i].Start();
        }

        Array.ForEach(threads, static thread => thread.Join());
        failure?.Throw();
    }
}
