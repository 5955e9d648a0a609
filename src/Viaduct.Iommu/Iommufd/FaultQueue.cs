namespace Viaduct.Iommu.Iommufd;

/// <summary>
/// Where page requests of devices go for the client to answer: struct iommufd_fault. No device of ours makes any, so that it
/// stays empty.
/// </summary>
internal sealed class FaultQueue : IommufdObject
{
    /// <inheritdoc/>
    public override void Destroy()
    {
    }
}
