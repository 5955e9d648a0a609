using Viaduct.Iommu.NoIommu;
using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor;

/// <summary>How a program is run.</summary>
public sealed record SupervisedRunOptions
{
    /// <summary>Mappings beyond the caller's RLIMIT_MEMLOCK fail with ENOMEM, as the kernel has it. Otherwise they succeed and
    /// are remembered.</summary>
    public bool EnforceMemlock { get; init; }

    /// <summary>What it takes in the kernel to use devices without an IOMMU is asked for. Otherwise everybody may, and that he could
    /// not is remembered.</summary>
    public bool EnforceCapabilities { get; init; }

    /// <summary>What devices without an IOMMU reach, whose addresses are shown in /proc/PID/pagemap; null where that is the
    /// host's to show.</summary>
    public PhysicalMemory? PhysicalMemory { get; init; }

    /// <summary>Answers some ioctls on descriptors of the host's; null where the host answers all of them.</summary>
    public IHostIoctls? HostIoctls { get; init; }

    /// <summary>Receives a line for a person to read; called on any thread.</summary>
    public required Action<string> Report { get; init; }

    /// <summary>Receives the counters.</summary>
    public required RunStatistics Statistics { get; init; }
}
