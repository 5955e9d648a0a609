namespace Viaduct.Cli.Commands;

/// <summary>What a program may, beyond what its kernel's limits and rights would let it.</summary>
/// <param name="EnforceMemlock">--memlock=enforce: RLIMIT_MEMLOCK fails mappings.</param>
/// <param name="EnforceCapabilities">--capabilities=enforce: devices without an IOMMU need CAP_SYS_RAWIO.</param>
internal readonly record struct RunLimits(bool EnforceMemlock, bool EnforceCapabilities);
