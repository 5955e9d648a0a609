namespace Viaduct.Driver.Tests;

/// <summary>A folder that looks like a machine's sysfs and /dev/vfio.</summary>
internal sealed class FakeMachine : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("viaduct-").FullName;

    internal FakeMachine()
    {
        Paths = new VfioPaths($"{_root}/sys", $"{_root}/dev/vfio", $"{_root}/dev/iommu");
        Directory.CreateDirectory(Paths.Devices);
        Directory.CreateDirectory(Paths.Nodes);
    }

    internal VfioPaths Paths { get; }

    internal FakeMachine AddDevice(string name, int? group, string? driver)
    {
        var folder = Directory.CreateDirectory(Paths.Device(name)).FullName;
        File.WriteAllText($"{folder}/vendor", "0x8086\n");
        File.WriteAllText($"{folder}/device", "0x2021\n");
        if (driver is not null)
        {
            File.CreateSymbolicLink($"{folder}/driver", $"../../../bus/pci/drivers/{driver}");
        }

        if (group is { } number)
        {
            File.CreateSymbolicLink($"{folder}/iommu_group", $"../../../kernel/iommu_groups/{number}");
            Directory.CreateDirectory(Paths.GroupDevices(number));
            File.CreateSymbolicLink($"{Paths.GroupDevices(number)}/{name}", folder);
        }

        return this;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
