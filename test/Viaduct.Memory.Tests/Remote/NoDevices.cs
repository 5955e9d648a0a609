using Viaduct.Linux.Descriptors;
using Viaduct.Memory.Remote;

namespace Viaduct.Memory.Tests.Remote;

/// <summary>A client that has mapped no BAR.</summary>
internal sealed class NoDevices : IDeviceMappings
{
    public bool TryFind(FileIdentity file, out MemorySource? target)
    {
        target = null;
        return false;
    }
}
