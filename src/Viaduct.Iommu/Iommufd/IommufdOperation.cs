using Viaduct.Abi;

namespace Viaduct.Iommu.Iommufd;

/// <summary>How a request is served: struct iommufd_ioctl_op.</summary>
/// <param name="Command">The whole request number; another size or direction is ENOTTY.</param>
/// <param name="MinSize">Bytes that a client must state at least.</param>
/// <param name="StructSize">Bytes that we know.</param>
/// <param name="Execute">What it does.</param>
internal sealed record IommufdOperation(
    uint Command, int MinSize, int StructSize, Func<IommufdContext, IommufdCall, SysResult> Execute);
