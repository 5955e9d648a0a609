namespace Viaduct.Driver;

/// <summary>Opens PCI devices through the kernel's VFIO: <c>using var device =
/// VfioDevice.Open("0000:01:00.0");</c></summary>
public static class VfioDevice
{
    /// <summary>Opens a device that is bound to vfio-pci. It comes reset, with DMA off
    /// (<see cref="ConfigSpace.EnableBusMaster"/>).</summary>
    /// <param name="address">As lspci -D prints it: <c>0000:01:00.0</c>; the domain may be left out.</param>
    /// <param name="options">Null for an address space of its own through the best interface that is there.</param>
    /// <exception cref="FormatException">Not a PCI address.</exception>
    /// <exception cref="VfioException">It says what is missing and how to get it.</exception>
    public static PciDevice Open(string address, VfioOpenOptions? options = null)
    {
        options ??= new VfioOpenOptions();
        var name = PciAddress.Parse(address);
        // First, since a device that is not there says more than a node that is not there.
        VfioContainer.FindGroup(VfioPaths.Default, name.ToString());
        return options.ChooseApi() switch
        {
            VfioApi.Group => OpenByGroup(name, options),
            VfioApi.Cdev => OpenByNode(name, options),
            _ => OpenByEither(name, options),
        };
    }

    /// <summary>The addresses of the machine's PCI functions of one kind, ascending, whatever driver they
    /// have.</summary>
    /// <param name="vendorId">Such as 0x8086.</param>
    /// <param name="deviceId">The vendor's number for the device.</param>
    public static IReadOnlyList<PciAddress> Find(ushort vendorId, ushort deviceId)
    {
        var paths = VfioPaths.Default;
        List<PciAddress> found = [];
        foreach (var name in Sysfs.Names(paths.Devices))
        {
            if (PciAddress.TryParse(name, out var address)
                && Sysfs.ReadHex($"{paths.Device(name)}/vendor") == vendorId
                && Sysfs.ReadHex($"{paths.Device(name)}/device") == deviceId)
            {
                found.Add(address);
            }
        }

        return found;
    }

    private static PciDevice OpenByGroup(PciAddress name, VfioOpenOptions options)
    {
        if (options.Container is { } shared)
        {
            return shared.Open(name, options.VfToken, ownsContainer: false);
        }

        var container = VfioContainer.Open(options.Iommu);
        try
        {
            return container.Open(name, options.VfToken, ownsContainer: true);
        }
        catch
        {
            container.Dispose();
            throw;
        }
    }

    // A node that is not there, or not for us, says nothing about the device's group.
    private static PciDevice OpenByEither(PciAddress name, VfioOpenOptions options)
    {
        try
        {
            return OpenByNode(name, options);
        }
        catch (VfioException e) when (e.Call == CdevErrors.OpenCall)
        {
            return OpenByGroup(name, options);
        }
    }

    private static PciDevice OpenByNode(PciAddress name, VfioOpenOptions options)
    {
        if (options.Iommufd is { } shared)
        {
            return shared.Open(name, options.VfToken, ownsIommufd: false);
        }

        var iommufd = VfioIommufd.Open();
        try
        {
            return iommufd.Open(name, options.VfToken, ownsIommufd: true);
        }
        catch
        {
            iommufd.Dispose();
            throw;
        }
    }
}
