using Viaduct.Linux.Descriptors;
using Viaduct.Memory;
using Viaduct.Memory.Remote;

namespace Viaduct.Supervisor.Tests.Infrastructure;

/// <summary>No file is a device.</summary>
internal sealed class NoDevices : IDeviceMappings
{
    public bool TryFind(FileIdentity file, out MemorySource? target)
    {
        target = null;
        return false;
    }
}
