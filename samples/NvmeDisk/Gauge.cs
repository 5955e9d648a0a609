using Spectre.Console;

namespace NvmeDisk;

/// <summary>A progress bar on stderr, where that is a terminal.</summary>
internal static class Gauge
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Does the work, and shows how far it is.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="progress">From 0 to 1; asked from another thread than the work's.</param>
    /// <param name="work">The work.</param>
    internal static T Run<T>(string name, Func<double> progress, Func<T> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work();
        }

        return Screen.Error.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                var bar = context.AddTask(name, maxValue: 1);
                using var ended = new ManualResetEventSlim();
                var watcher = Task.Run(() =>
                {
                    while (!ended.Wait(s_interval))
                    {
                        bar.Value = progress();
                    }
                });
                try
                {
                    return work();
                }
                finally
                {
                    ended.Set();
                    watcher.Wait();
                }
            });
    }
}
