using Viaduct.Abi;
using Viaduct.Iommu;

namespace Viaduct.Vfio.Tests.Infrastructure;

/// <summary>A kind of IOMMU that knows one number.</summary>
internal sealed class FakeDriver(ulong type) : IIommuDriver
{
    /// <summary>What <see cref="CheckExtension"/> answers to its number.</summary>
    public long Answer { get; init; } = 1;

    public bool IsNoIommu { get; init; }

    /// <summary>What <see cref="Open"/> answers.</summary>
    public Errno OpenError { get; set; }

    /// <summary>The number of the group that its back-ends refuse with EPERM.</summary>
    public int RefusedGroup { get; set; } = -1;

    public List<FakeBackend> Backends { get; } = [];

    public SysResult CheckExtension(ulong extension) => SysResult.FromValue(extension == type ? Answer : 0);

    public SysResult Open(ulong type, out IommuBackend? backend)
    {
        backend = null;
        if (OpenError != Errno.None)
        {
            return OpenError;
        }

        var fresh = new FakeBackend(this);
        Backends.Add(fresh);
        backend = fresh;
        return SysResult.Success;
    }
}
