using System.Text;
using Viaduct.Abi;
using Viaduct.Iommu;
using Viaduct.Pci.Drivers;
using Viaduct.Pci.Hardware;
using Viaduct.Vfio;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci.Tests.Infrastructure;

/// <summary>A host's bus with vfio-pci and one driver of the host's own, and its sysfs.</summary>
internal sealed class TestMachine : IPciHost
{
    private readonly PciHostBridge _bridge = new();

    public TestMachine()
    {
        System = new VfioSystem([]) { Time = Time };
        Bus = new PciBusType(System, _bridge, this);
        Serial = new HostPciDriver(System, "serial");
        Vfio = new VfioPciDriver(System, Bus);
        Bus.Add(Serial);
        Bus.Add(Vfio);
    }

    public ManualTime Time { get; } = new();

    public VfioSystem System { get; }

    public PciBusType Bus { get; }

    public HostPciDriver Serial { get; }

    public VfioPciDriver Vfio { get; }

    /// <summary>Groups that virtual functions have, or had.</summary>
    public List<(IommuGroup Group, bool IsReleased)> Groups { get; } = [];

    /// <summary>Adds a device, as the machine starts.</summary>
    /// <param name="function">The chip.</param>
    /// <param name="address">Where.</param>
    /// <param name="group">The group's number.</param>
    /// <param name="isVfio">vfio-pci has it.</param>
    public PciDevice Add(PciFunction function, string address, int group = 7, bool isVfio = true)
    {
        Assert.True(PciAddress.TryParse(address, out var parsed));
        var device = new PciDevice(function, parsed, TestFunction.NewGroup(group), _bridge);
        if (isVfio)
        {
            device.OverrideDriver("vfio-pci");
        }

        Bus.Add(device);
        return device;
    }

    /// <summary>What is at a path below /sys now; null where there is nothing.</summary>
    public SysfsNode? Find(string path)
    {
        SysfsNode? node = System.DescribeSysfs().Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = (node as SysfsDirectory)?.Children.GetValueOrDefault(name);
        }

        return node;
    }

    /// <summary>An attribute's text.</summary>
    public string Get(string path)
        => Encoding.ASCII.GetString(Assert.IsType<SysfsAttribute>(Find(path)).Show(isPrivileged: true));

    /// <summary>A link's target.</summary>
    public string? Link(string path) => (Find(path) as SysfsLink)?.Target;

    /// <summary>Writes to an attribute.</summary>
    public Task<SysResult> PutAsync(string path, string text)
        => Assert.IsType<SysfsAttribute>(Find(path)).Store!(new SysfsWrite(Encoding.ASCII.GetBytes(text), 0)).AsTask();

    /// <summary>Writes to an attribute that has nothing to wait for.</summary>
    public SysResult Put(string path, string text)
    {
        var write = PutAsync(path, text);
        Assert.True(write.IsCompleted, $"The write to {path} waits.");
        return write.Result;
    }

    public IommuGroup CreateGroup()
    {
        var group = TestFunction.NewGroup(100 + Groups.Count);
        Groups.Add((group, false));
        return group;
    }

    public void Release(IommuGroup group)
    {
        var at = Groups.FindIndex(g => g.Group == group);
        Groups[at] = (group, true);
    }

    public PciServices CreateServices(PciAddress address, IommuGroup group)
        => new() { Dma = new DmaPort(group), Executor = new InlineExecutor() };
}
