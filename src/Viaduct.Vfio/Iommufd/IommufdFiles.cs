using Viaduct.Abi;
using Viaduct.Iommu.Iommufd;
using Viaduct.Memory;
using Viaduct.Vfio.Files;

namespace Viaduct.Vfio.Iommufd;

/// <summary>The descriptors of clients, for an iommufd whose calls all come from a <see cref="Caller"/>.</summary>
internal sealed class IommufdFiles : IIommufdFiles
{
    public static IommufdFiles Instance { get; } = new();

    /// <inheritdoc/>
    public SysResult OpenFaultQueue(ClientTask caller, Action close)
        => ((Caller)caller).AddFile(new FaultQueueFile(close), closeOnExec: true);

    /// <inheritdoc/>
    public SysResult GetFileMemory(ClientTask caller, int fd, out FileMemory? file)
        => ((Caller)caller).GetFileMemory(fd, out file);
}
