using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Memory;
using Viaduct.Pci;
using Viaduct.Pci.Hardware;
using Viaduct.Pci.VfioPci;
using Viaduct.Vfio;
using Viaduct.Vfio.Files;

namespace Viaduct.Cli.Machine;

/// <summary>Puts a machine together from what the command line asks for: the composition root.</summary>
/// <param name="observer">Hears of every device's DMA.</param>
/// <param name="report">Receives a line for a person to read.</param>
internal sealed class MachineBuilder(IDmaObserver observer, Action<string> report)
{
    // A PC with an Intel IOMMU of 48 bits: all of it but the window where messages become interrupts.
    private static readonly IommuUnit s_unit = new()
    {
        ApertureLast = (1UL << 48) - 1,
        PageSizes = 0x4020_1000, // 4 KiB, 2 MiB, 1 GiB
        ReservedRegions = [new ReservedRegion(0xfee0_0000, 0xfeef_ffff, "msi")],
        EnforcesCacheCoherency = false,
        HardwareType = IommuHwInfoType.IOMMU_HW_INFO_TYPE_INTEL_VTD,
        HardwareInfo = StructBytes.Of(new IommuHwInfoVtd
        {
            Flags = IommuHwInfoVtdFlags.IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17,
            CapReg = 0x80d2_008c_222f_0686,
            EcapReg = 0x00f0_0f4a,
        }),
    };

    private readonly PciHostBridge _bridge = new();
    private readonly Dictionary<int, IommuGroup> _groups = [];
    private readonly HashSet<PciAddress> _taken = [];

    /// <summary>The devices, in the order of the command line.</summary>
    public List<PlacedDevice> Devices { get; } = [];

    /// <summary>The machine.</summary>
    public VfioSystem System { get; } = new([new Type1Driver(new Type1Options())]);

    /// <summary>Places all devices.</summary>
    public bool TryAdd(IReadOnlyList<DeviceSpec> specs, out string? error)
    {
        foreach (var spec in specs)
        {
            if (spec.Address is { } address && !_taken.Add(address))
            {
                error = $"Two devices are to be at {address}.";
                return false;
            }
        }

        foreach (var spec in specs)
        {
            if (!TryPlace(spec, specs, out error))
            {
                return false;
            }
        }

        error = null;
        return true;
    }

    private bool TryPlace(DeviceSpec spec, IReadOnlyList<DeviceSpec> all, out string? error)
    {
        if ((spec.Address ?? FirstFree()) is not { } address)
        {
            error = "There is no bus left for another device; give it an address by addr=.";
            return false;
        }

        var group = GroupOf(spec.Group ?? FirstFreeGroup(all));
        var services = new PciServices
        {
            Dma = new DmaPort(group) { Observer = observer },
            Executor = new DeviceThread(
                address.ToString(),
                bug => report($"viaduct: the model of {address} failed and does nothing any more. Please report this.\n{bug}")),
        };
        if (!spec.Model.TryCreate(spec.Options, services, out var function, out error))
        {
            return false;
        }

        var index = Devices.Count;
        try
        {
            var device = new VfioPciDevice(group, function, address, _bridge)
            {
                CharacterDevice = (index, DeviceNumber.Cdev(index)),
            };
            System.Add(device);
            Devices.Add(new PlacedDevice(spec, device));
        }
        catch (InvalidOperationException full)
        {
            error = $"{spec.Model.Name} at {address}: {full.Message} The host has 1 GiB for 32-bit BARs; use fewer devices or smaller BARs.";
            return false;
        }

        error = null;
        return true;
    }

    private PciAddress? FirstFree()
    {
        for (var bus = 1; bus <= byte.MaxValue; bus++)
        {
            var address = new PciAddress(0, (byte)bus, 0, 0);
            if (_taken.Add(address))
            {
                return address;
            }
        }

        return null;
    }

    private int FirstFreeGroup(IReadOnlyList<DeviceSpec> all)
    {
        var id = 1;
        while (_groups.ContainsKey(id) || all.Any(s => s.Group == id))
        {
            id++;
        }

        return id;
    }

    private IommuGroup GroupOf(int id)
    {
        if (!_groups.TryGetValue(id, out var group))
        {
            _groups.Add(id, group = new IommuGroup(id, s_unit));
        }

        return group;
    }
}
