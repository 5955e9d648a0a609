using System.Globalization;
using Viaduct.Abi;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci;

/// <content>Virtual functions (drivers/pci/iov.c). They come and go with <see cref="Lock"/> of the physical function held.</content>
public sealed partial class PciDevice
{
    private bool _vfDriversAutoprobe = true;
    private int _vfCount;
    private int _vfIndex;

    // Replaced as a whole.
    private volatile IReadOnlyList<PciDevice> _virtualFunctions = [];

    /// <summary>Its virtual functions as they are now.</summary>
    public IReadOnlyList<PciDevice> VirtualFunctions => _virtualFunctions;

    /// <summary>pci_device_can_probe: virtual functions can be kept from drivers, but from the one that is to have them.</summary>
    internal bool CanProbe => PhysicalFunction is not { _vfDriversAutoprobe: false } || DriverOverride is not null;

    /// <summary>sriov_enable. Drivers are offered each as it comes.</summary>
    /// <param name="bus">Where they come.</param>
    /// <param name="count">1 to <see cref="SriovCapability.TotalVfs"/>.</param>
    /// <returns>Zero; EINVAL; ENOMEM where the bus has no such numbers.</returns>
    internal async ValueTask<SysResult> EnableSriovAsync(PciBusType bus, int count)
    {
        if (Function.Sriov is not { } sriov || count > sriov.TotalVfs || (count > 1 && sriov.VfStride == 0) || sriov.FirstVfOffset == 0)
        {
            return Errno.EINVAL;
        }

        if (Address.DevFn + sriov.FirstVfOffset + ((count - 1) * sriov.VfStride) > byte.MaxValue)
        {
            return Errno.ENOMEM;
        }

        sriov.Enable(count);
        for (var i = 0; i < count; i++)
        {
            var added = CreateVirtual(bus, sriov, i);
            _virtualFunctions = [.. _virtualFunctions, added];
            await bus.AddAsync(added, probe: true).ConfigureAwait(false);
        }

        _vfCount = count;
        return SysResult.Success;
    }

    /// <summary>sriov_disable: waits until clients have left them all.</summary>
    internal async ValueTask DisableSriovAsync(PciBusType bus)
    {
        while (_virtualFunctions is [var first, ..])
        {
            await bus.RemoveAsync(first).ConfigureAwait(false);
            _virtualFunctions = [.. _virtualFunctions.Skip(1)];
        }

        _vfCount = 0;
        Function.Sriov?.Enable(0);
        bus.Changed();
    }

    private PciDevice CreateVirtual(PciBusType bus, SriovCapability sriov, int index)
    {
        var routing = Address.DevFn + sriov.FirstVfOffset + (index * sriov.VfStride);
        var address = new PciAddress(Address.Domain, Address.Bus, (byte)(routing >> 3), (byte)(routing & 7));
        var group = bus.Host.CreateGroup(Group.Unit);
        var function = sriov.Create(index, bus.Host.CreateServices(address, group));
        var starts = new ulong[PCI_STD_NUM_BARS];
        for (var i = 0; i < starts.Length; i++)
        {
            starts[i] = sriov.Bars[i] is { } bar ? Resources.VirtualStarts[i] + (bar.Size * (ulong)index) : 0;
        }

        return new PciDevice(function, address, group, Bus, new PciResources(starts, 0, 0), this) { _vfIndex = index };
    }

    private void DescribeSriov(SysfsTree tree, PciBusType bus)
    {
        if (PhysicalFunction is { } physical)
        {
            AddLink(tree, "physfn", $"../{physical.Name}");
            return;
        }

        if (Function.Sriov is not { } sriov)
        {
            return;
        }

        AddText(tree, "sriov_totalvfs", Number(sriov.TotalVfs));
        AddText(tree, "sriov_offset", Number(sriov.FirstVfOffset));
        AddText(tree, "sriov_stride", Number(sriov.VfStride));
        AddText(tree, "sriov_vf_device", sriov.VfDeviceId.ToString("x", CultureInfo.InvariantCulture));
        AddText(tree, "sriov_vf_total_msix", "0");
        tree.Add(
            $"{SysfsPath}/sriov_numvfs",
            SysfsAttribute.Writable(() => Number(_vfCount), write => StoreVfCount(bus, sriov, write), IsGone));
        AddWritable(tree, "sriov_drivers_autoprobe", () => _vfDriversAutoprobe ? "1" : "0", StoreVfDriversAutoprobe);
        foreach (var function in _virtualFunctions)
        {
            AddLink(tree, $"virtfn{function._vfIndex}", $"../{function.Name}");
        }
    }

    private SysResult StoreVfDriversAutoprobe(string text)
    {
        var parsed = KernelText.ParseBool(text, out var value);
        _vfDriversAutoprobe = parsed.IsError ? _vfDriversAutoprobe : value;
        return parsed;
    }

    /// <summary>sriov_numvfs_store: the driver decides.</summary>
    private async ValueTask<SysResult> StoreVfCount(PciBusType bus, SriovCapability sriov, SysfsWrite write)
    {
        var parsed = KernelText.ParseUnsigned(write.Text, ushort.MaxValue, out var wanted);
        if (parsed.IsError)
        {
            return Errno.EINVAL;
        }

        if ((int)wanted > sriov.TotalVfs)
        {
            return Errno.ERANGE;
        }

        await Lock.WaitAsync().ConfigureAwait(false);
        try
        {
            return (int)wanted == _vfCount ? SysResult.Success
                : Driver is not { } driver ? Errno.ENOENT
                : wanted != 0 && _vfCount != 0 ? Errno.EBUSY
                : await driver.ConfigureSriovAsync(this, (int)wanted).ConfigureAwait(false);
        }
        finally
        {
            Lock.Release();
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
