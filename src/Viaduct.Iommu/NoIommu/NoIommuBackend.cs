using Viaduct.Abi;
using Viaduct.Memory;

namespace Viaduct.Iommu.NoIommu;

/// <summary>A container that translates nothing: vfio_noiommu_ops.</summary>
/// <param name="driver">Whose it is.</param>
internal sealed class NoIommuBackend(NoIommuDriver driver) : IommuBackend
{
    /// <inheritdoc/>
    public override int MappingCount => 0;

    /// <inheritdoc/>
    public override SysResult CheckExtension(ulong extension) => driver.CheckExtension(extension);

    /// <inheritdoc/>
    public override SysResult AttachGroup(IommuGroup group) => SysResult.Success;

    /// <inheritdoc/>
    public override void DetachGroup(IommuGroup group)
    {
    }

    /// <inheritdoc/>
    public override SysResult Ioctl(ClientTask caller, uint command, ulong argument) => Errno.ENOTTY;

    /// <inheritdoc/>
    public override void Release()
    {
    }
}
