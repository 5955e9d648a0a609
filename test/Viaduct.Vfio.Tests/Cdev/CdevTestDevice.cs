using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Memory;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Vfio.Tests.Cdev;

/// <summary>A device that counts its opens; its calls return what no core would.</summary>
internal sealed class CdevTestDevice(IommuGroup group) : VfioDevice(group)
{
    public const uint OwnCommand = 0x3b6f;

    public int Opens { get; private set; }

    public Errno OpenError { get; set; }

    public override string Name => "device";

    public override string SysfsPath => "/sys/devices/device";

    public override MemorySource? DmaTarget => null;

    public override SysResult OpenDevice()
    {
        Opens += OpenError == Errno.None ? 1 : 0;
        return OpenError == Errno.None ? SysResult.Success : OpenError;
    }

    public override void CloseDevice() => Opens--;

    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
        => command == OwnCommand ? SysResult.FromValue(77) : Errno.ENOTTY;

    public override SysResult Read(Caller caller, ulong buffer, ulong count, ulong position) => SysResult.FromValue(11);

    public override SysResult Write(Caller caller, ulong buffer, ulong count, ulong position) => SysResult.FromValue(12);

    public override SysResult Mmap(in MmapRequest request) => SysResult.Success;

    public override bool TryLoad(ulong position, int width, out ulong value)
    {
        value = 13;
        return true;
    }

    public override bool TryStore(ulong position, int width, ulong value) => true;

    public override void Describe(SysfsTree tree)
    {
    }
}
