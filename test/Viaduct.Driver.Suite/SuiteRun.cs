using NvmeDisk.Nvme;

namespace Viaduct.Driver.Suite;

/// <summary>Runs all cases on devices, and counts.</summary>
internal sealed class SuiteRun(TextWriter output)
{
    private const uint NvmeClass = 0x010802;
    private const string Devices = "/sys/bus/pci/devices";

    internal int Passed { get; private set; }

    internal int Failed { get; private set; }

    internal int Skipped { get; private set; }

    /// <summary>The addresses of the machine's devices that there are cases for.</summary>
    internal static string[] FindDevices() => !Directory.Exists(Devices)
        ? []
        :
        [
            .. from folder in Directory.GetDirectories(Devices).Order(StringComparer.Ordinal)
               let text = File.ReadAllText($"{folder}/vendor").Trim() + File.ReadAllText($"{folder}/device").Trim()
               where text == "0x12340x11e8" || File.ReadAllText($"{folder}/class").Trim() == $"0x{NvmeClass:x6}"
               select Path.GetFileName(folder),
        ];

    /// <summary>Runs the cases that fit.</summary>
    /// <param name="name">The device.</param>
    /// <param name="open">Opens it anew.</param>
    internal void Run(string name, Func<PciDevice> open)
    {
        DeviceKind kind;
        try
        {
            using var device = open();
            kind = KindOf(device);
            output.WriteLine($"{name}: {kind.ToString().ToLowerInvariant()}");
        }
        catch (Exception e) when (e is VfioException or FormatException)
        {
            Failed++;
            output.WriteLine($"{name}: {e.Message}");
            return;
        }

        foreach (var test in DriverCases.All.Where(test => test.Device.HasFlag(kind)))
        {
            Run(test, open);
        }
    }

    private void Run(DriverCase test, Func<PciDevice> open)
    {
        try
        {
            using var device = open();
            test.Run(device);
            Passed++;
            output.WriteLine($"  ok   {test.Name}");
        }
        catch (SuiteSkip skip)
        {
            Skipped++;
            output.WriteLine($"  skip {test.Name}: {skip.Message}");
        }
        catch (Exception e) when (e is SuiteFailure or VfioException or NvmeException or TimeoutException
            or OperationCanceledException or ArgumentException or InvalidOperationException)
        {
            Failed++;
            output.WriteLine($"  FAIL {test.Name}: {e.Message}");
        }
    }

    private static DeviceKind KindOf(PciDevice device) =>
        device.Config.ClassCode == NvmeClass ? DeviceKind.Nvme : DeviceKind.Edu;
}
