using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Memory;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Kvm.Tests.Infrastructure;

/// <summary>A device that remembers which machine it was opened in.</summary>
internal sealed class FakeDevice(IommuGroup group, string name) : VfioDevice(group)
{
    public override string Name { get; } = name;

    public override string SysfsPath => "/sys/devices/fake/" + Name;

    public IVirtualMachine? OpenedIn { get; private set; }

    public override MemorySource? DmaTarget => null;

    public override SysResult OpenDevice()
    {
        OpenedIn = VirtualMachine;
        return SysResult.Success;
    }

    public override void CloseDevice()
    {
    }

    public override SysResult Ioctl(Caller caller, uint command, ulong argument) => Errno.ENOTTY;

    public override SysResult Read(Caller caller, ulong buffer, ulong count, ulong position) => Errno.EINVAL;

    public override SysResult Write(Caller caller, ulong buffer, ulong count, ulong position) => Errno.EINVAL;

    public override SysResult Mmap(in MmapRequest request) => Errno.EINVAL;

    public override bool TryLoad(ulong position, int width, out ulong value)
    {
        value = 0;
        return false;
    }

    public override bool TryStore(ulong position, int width, ulong value) => false;

    public override void Describe(SysfsTree tree)
    {
    }
}
