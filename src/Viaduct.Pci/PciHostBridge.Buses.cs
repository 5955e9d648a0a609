using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Pci;

/// <content>Buses: number 0 of each domain is a root bus, each other is below a bridge of its own.</content>
public sealed partial class PciHostBridge
{
    private const int DevicesOnABus = 32;
    private const int FunctionsOfADevice = 8;

    private readonly Dictionary<(ushort Domain, byte Bus), PciBus> _buses = [];
    private readonly HashSet<(ushort Domain, byte Device)> _taken = [];
    private readonly HashSet<PciAddress> _bridges = [];

    /// <summary>All buses, without order.</summary>
    public IReadOnlyCollection<PciBus> Buses => _buses.Values;

    /// <summary>Keeps bridges away from a place on a root bus where a device will be.</summary>
    public void Reserve(PciAddress address)
    {
        if (address.Bus == 0)
        {
            _taken.Add((address.Domain, address.Device));
        }
    }

    /// <summary>The bus of an address, with a bridge above it where it is new.</summary>
    /// <returns>False where the root bus has no place left for another bridge.</returns>
    public bool TryGetBus(PciAddress address, [NotNullWhen(true)] out PciBus? bus)
    {
        var key = (address.Domain, address.Bus);
        if (_buses.TryGetValue(key, out bus))
        {
            return true;
        }

        PciBridge? bridge = null;
        if (address.Bus != 0)
        {
            if (FindPlace(address.Domain) is not { } place)
            {
                return false;
            }

            _bridges.Add(place);
            bridge = new PciBridge(place, address.Bus);
        }

        _buses.Add(key, bus = new PciBus(bridge));
        return true;
    }

    // A device number for each as long as there are some, then functions; 00.0 is the host's own.
    private PciAddress? FindPlace(ushort domain)
    {
        for (byte function = 0; function < FunctionsOfADevice; function++)
        {
            for (byte device = 1; device < DevicesOnABus; device++)
            {
                var place = new PciAddress(domain, 0, device, function);
                if (!_taken.Contains((domain, device)) && !_bridges.Contains(place))
                {
                    return place;
                }
            }
        }

        return null;
    }
}
