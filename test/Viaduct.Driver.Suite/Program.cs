using NvmeDisk;
using Viaduct.Driver;
using Viaduct.Driver.Suite;

// Runs the driver library's tests on devices of any back-end.
const string Usage = """
    usage: Viaduct.Driver.Suite --self-test [--api auto|group|cdev] [DEVICE]...

    DEVICE: 0000:01:00.0, through the kernel's VFIO; unix:PATH, a vfio-user socket; model:NAME, in this process. By default
    every edu (1234:11e8) and every NVMe controller in /sys/bus/pci/devices. What is on the disk of an NVMe controller is
    overwritten. Each case opens its device anew. Exit status: 0 where none failed, 1 where one did, 2 for usage.
    """;

if (args is not ["--self-test", ..])
{
    Console.Error.WriteLine(Usage);
    return args is ["--help"] ? 0 : 2;
}

var rest = args[1..];
var api = VfioApi.Auto;
if (rest is ["--api", var name, ..])
{
    if (!Enum.TryParse(name, ignoreCase: true, out api))
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }

    rest = rest[2..];
}

var devices = rest.Length > 0 ? rest : SuiteRun.FindDevices();
if (devices.Length == 0)
{
    Console.Error.WriteLine("Viaduct.Driver.Suite: there is no edu (1234:11e8) and no NVMe controller in /sys/bus/pci/devices");
    return 1;
}

var run = new SuiteRun(Console.Out);
foreach (var device in devices)
{
    run.Run(device, () => Open(device, api));
}

Console.WriteLine($"driver suite: {run.Passed} passed, {run.Failed} failed, {run.Skipped} skipped");
return run.Failed == 0 ? 0 : 1;

static PciDevice Open(string device, VfioApi api)
{
    const string Socket = "unix:";
    const string Model = "model:";
    if (device.StartsWith(Socket, StringComparison.Ordinal))
    {
        return VfioUserDevice.Open(device[Socket.Length..]);
    }

    if (!device.StartsWith(Model, StringComparison.Ordinal))
    {
        return VfioDevice.Open(device, new VfioOpenOptions { Api = api });
    }

    var machine = ModelMachine.Create(device[Model.Length..]);
    return InProcessDevice.Open(machine.System, machine.Device);
}
