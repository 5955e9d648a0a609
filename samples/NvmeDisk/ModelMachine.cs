using Viaduct.Devices;
using Viaduct.Devices.Catalog;
using Viaduct.Iommu;
using Viaduct.Pci;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.VfioPci;
using Viaduct.Vfio;

namespace NvmeDisk;

/// <summary>A machine in this process with one device model behind an IOMMU, bound to vfio-pci.</summary>
internal sealed class ModelMachine
{
    private ModelMachine(VfioSystem system, VfioPciDevice device, DeviceFunction function)
    {
        System = system;
        Device = device;
        Function = function;
    }

    internal VfioSystem System { get; }

    internal VfioPciDevice Device { get; }

    internal DeviceFunction Function { get; }

    /// <summary>Puts it together.</summary>
    /// <param name="text">A model with its keys, as <c>viaduct run --device</c> takes them: <c>nvme,size=1G</c>.</param>
    /// <exception cref="FormatException">There is no such model, or it knows no such key; the message says which there are.</exception>
    internal static ModelMachine Create(string text)
    {
        var parts = text.Split(',');
        if (!DeviceCatalog.TryFind(parts[0], out var model, out var error))
        {
            throw new FormatException(error);
        }

        Dictionary<string, string> keys = new(StringComparer.Ordinal);
        foreach (var part in parts.AsSpan(1))
        {
            if (part.Split('=', 2) is not [{ Length: > 0 } key, var value])
            {
                throw new FormatException($"'{part}' in 'model:{text}' is not key=value.");
            }

            keys[key] = value;
        }

        var address = new PciAddress(0, 1, 0, 0);
        var group = new IommuGroup(1, Iommu());
        var services = new PciServices
        {
            Dma = new DmaPort(group),
            Executor = new DeviceThread(address.ToString(), Failed),
            Background = new DeviceThread($"{address} background", Failed, PciServices.MostInBackground),
        };
        if (!model.TryCreate(new DeviceOptions(keys), services, out var function, out error))
        {
            throw new FormatException(error);
        }

        var system = new VfioSystem([]);
        var device = new VfioPciDevice(new PciDevice(function, address, group, new PciHostBridge()));
        system.Add(device);
        return new ModelMachine(system, device, function);
    }

    private static void Failed(Exception bug) => Console.Error.WriteLine($"NvmeDisk: the model failed. Please report this.\n{bug}");

    // 48 bits, without the window of message signalled interrupts: as on a PC.
    private static IommuUnit Iommu() => new()
    {
        ApertureLast = (1UL << 48) - 1,
        PageSizes = 0x4020_1000, // 4 KiB, 2 MiB, 1 GiB
        ReservedRegions = [new ReservedRegion(0xfee0_0000, 0xfeef_ffff, "msi")],
    };
}
