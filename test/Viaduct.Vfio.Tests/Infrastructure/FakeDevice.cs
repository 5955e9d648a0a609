using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Memory;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Vfio.Tests.Infrastructure;

/// <summary>A device that counts what the core asks of it, and answers with what it was asked.</summary>
internal sealed class FakeDevice(IommuGroup group, string name) : VfioDevice(group)
{
    public override string Name { get; } = name;

    public override string SysfsPath => "/sys/devices/fake/" + Name;

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    /// <summary>What <see cref="OpenDevice"/> answers.</summary>
    public Errno OpenError { get; set; }

    /// <summary>What <see cref="Match"/> answers to any request with options.</summary>
    public Errno OptionsError { get; set; }

    public override MemorySource? DmaTarget => null;

    public override SysResult Match(ReadOnlySpan<byte> request)
        => OptionsError != Errno.None && request.Contains((byte)' ') ? OptionsError : base.Match(request);

    public override SysResult OpenDevice()
    {
        if (OpenError != Errno.None)
        {
            return OpenError;
        }

        Opened++;
        return SysResult.Success;
    }

    public override void CloseDevice() => Closed++;

    public override SysResult Ioctl(Caller caller, uint command, ulong argument)
        => SysResult.FromValue(command + (long)argument);

    public override SysResult Read(Caller caller, ulong buffer, ulong count, ulong position) => SysResult.FromValue((long)count);

    public override SysResult Write(Caller caller, ulong buffer, ulong count, ulong position)
        => SysResult.FromValue((long)position);

    public override SysResult Mmap(in MmapRequest request) => request.Shared ? SysResult.Success : Errno.EINVAL;

    public override bool TryLoad(ulong position, int width, out ulong value)
    {
        value = position + (ulong)width;
        return true;
    }

    public override bool TryStore(ulong position, int width, ulong value) => value == position;

    public override void Describe(SysfsTree tree) => tree.Add(SysfsPath + "/vendor", SysfsAttribute.Text("0x1234"));
}
