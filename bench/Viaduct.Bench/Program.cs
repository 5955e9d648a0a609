using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using Viaduct.Bench;

// --budgets, --nvme and --tce print lines for bench/run.sh; everything else is BenchmarkDotNet's own command line.
if (args is ["--budgets", .. var rest])
{
    return BudgetRun.Run(rest);
}

if (args is ["--nvme", .. var disk])
{
    return NvmeRun.Run(disk);
}

if (args is ["--tce", .. var tce])
{
    return TceRun.Run(tce);
}

// In process, because the project that BenchmarkDotNet would generate and build does not follow this repository's rules.
var config = DefaultConfig.Instance.AddJob(Job.Default
    .WithToolchain(InProcessEmitToolchain.Instance)
    .WithIterationTime(TimeInterval.FromMilliseconds(100))
    .WithWarmupCount(6)
    .WithIterationCount(15)
    .WithId("InProcess"));
var summaries = BenchmarkSwitcher.FromAssembly(typeof(BudgetRun).Assembly).Run(args, config);
return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
