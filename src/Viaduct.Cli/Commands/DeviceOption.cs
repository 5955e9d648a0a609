using System.CommandLine;
using Viaduct.Cli.Machine;

namespace Viaduct.Cli.Commands;

/// <summary>The --device option, and what its values come to.</summary>
internal static class DeviceOption
{
    private const string Help = "help";

    public static Option<string[]> Create() => new("--device", "-d")
    {
        Description = "Add a device: a model's name, or ./MyDevice.dll[:TYPE] for one of your own, then keys as in QEMU. Every model takes addr=0000:01:00.0 (default: the first "
            + "free bus, below a root port; bus 0 is the root bus) and group=N (default: an IOMMU group of its own, but functions "
            + "of one device share one). driver=NAME leaves the device to a driver of the host, driver=none to nobody. Repeat it for "
            + "more devices. '--device help' lists the models, '--device NAME,help' a model's keys.",
        HelpName = "NAME[,key=value]...",
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>The text of <c>--device help</c> or <c>--device NAME,help</c>, where that was asked for.</summary>
    public static bool IsHelp(IEnumerable<string> values, out string? model)
    {
        foreach (var value in values)
        {
            var parts = value.Split(',');
            if (parts.Contains(Help))
            {
                model = parts[0] == Help ? null : parts[0];
                return true;
            }
        }

        model = null;
        return false;
    }

    /// <summary>Reads all values.</summary>
    public static bool TryParse(IEnumerable<string> values, List<DeviceSpec> specs, out string? error)
    {
        foreach (var value in values)
        {
            if (!DeviceSpec.TryParse(value, out var spec, out error))
            {
                return false;
            }

            specs.Add(spec);
        }

        error = null;
        return true;
    }
}
