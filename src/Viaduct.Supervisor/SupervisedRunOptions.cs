namespace Viaduct.Supervisor;

/// <summary>How a program is run.</summary>
public sealed record SupervisedRunOptions
{
    /// <summary>Mappings beyond the caller's RLIMIT_MEMLOCK fail with ENOMEM, as the kernel has it. Otherwise they succeed and
    /// are remembered.</summary>
    public bool EnforceMemlock { get; init; }

    /// <summary>Receives a line for a person to read; called on any thread.</summary>
    public required Action<string> Report { get; init; }

    /// <summary>Receives the counters.</summary>
    public required RunStatistics Statistics { get; init; }
}
