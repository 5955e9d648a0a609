using Viaduct.Linux.Descriptors;

namespace Viaduct.Memory.Remote;

/// <summary>Knows which files are devices of ours, so that DMA to a mapped BAR finds the BAR.</summary>
public interface IDeviceMappings
{
    /// <summary>True where the file is one of ours.</summary>
    /// <param name="file">The file behind a mapping.</param>
    /// <param name="target">What DMA to it reaches, by file position; null where it cannot be a target.</param>
    bool TryFind(FileIdentity file, out MemorySource? target);
}
