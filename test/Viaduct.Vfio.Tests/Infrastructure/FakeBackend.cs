using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Memory;

namespace Viaduct.Vfio.Tests.Infrastructure;

/// <summary>A back-end that keeps a list of its groups.</summary>
internal sealed class FakeBackend(FakeDriver driver) : IommuBackend
{
    public List<int> Groups { get; } = [];

    public int Released { get; private set; }

    public override int MappingCount => 7;

    public override SysResult CheckExtension(ulong extension) => SysResult.FromValue((long)extension * 2);

    public override SysResult AttachGroup(IommuGroup group)
    {
        if (group.Id == driver.RefusedGroup)
        {
            return Errno.EPERM;
        }

        Groups.Add(group.Id);
        return SysResult.Success;
    }

    public override void DetachGroup(IommuGroup group) => Groups.Remove(group.Id);

    public override SysResult Ioctl(ClientTask caller, uint command, ulong argument) => Errno.ENOTTY;

    public override void Release() => Released++;
}
