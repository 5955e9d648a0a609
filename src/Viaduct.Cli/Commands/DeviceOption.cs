using System.CommandLine;
using Viaduct.Cli.Machine;

namespace Viaduct.Cli.Commands;

/// <summary>The --device option, and what its values come to.</summary>
internal static class DeviceOption
{
    private const string Help = "help";

    public static Option<string[]> Create() => new("--device", "-d")
    {
        Description = "A device: NAME[,key=value]... as in QEMU. Keys of every device: addr=0000:01:00.0 (default: the first "
            + "free bus), group=N (default: one of its own). 'help' lists the devices, 'NAME,help' a device's keys. May be repeated.",
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
