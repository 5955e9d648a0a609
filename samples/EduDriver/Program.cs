using EduDriver;
using Viaduct.Driver;

// Drives QEMU's edu device through everything that it can do, and says 'all good' when all of it worked.
//     EduDriver [--api group|cdev] [BDF]...     default: every 1234:11e8; all of them share one I/O address space

var useNodes = false;
if (args is ["--api", ("group" or "cdev") and var api, ..])
{
    useNodes = api == "cdev";
    args = args[2..];
}

if (args.Any(static arg => arg.StartsWith('-')))
{
    Console.Error.WriteLine("""
        usage: EduDriver [--api group|cdev] [BDF]...

        Drives QEMU's edu device (1234:11e8), by default all there are. --api: through groups in one container, or through
        the devices' own nodes and one iommufd.
        """);
    return args is ["--help"] ? 0 : 2;
}

var failures = 0;
try
{
    string[] addresses = args.Length > 0
        ? args
        : [.. VfioDevice.Find(0x1234, 0x11E8).Select(static found => found.ToString())];
    if (addresses.Length == 0)
    {
        Console.Error.WriteLine("EduDriver: there is no edu device (1234:11e8); qemu-system-x86_64 -device edu makes one");
        return 1;
    }

    using var container = useNodes ? null : VfioContainer.Open();
    using var iommufd = useNodes ? VfioIommufd.Open() : null;
    List<PciDevice> devices = [];
    foreach (var address in addresses)
    {
        devices.Add(VfioDevice.Open(address, new VfioOpenOptions { Container = container, Iommufd = iommufd }));
    }

    foreach (var device in devices)
    {
        await Exercise(device);
        device.Dispose();
    }
}
catch (Exception e) when (e is VfioException or TimeoutException or OperationCanceledException
    or FormatException or ArgumentException)
{
    Console.Error.WriteLine($"EduDriver: {e.Message}");
    return 1;
}

Console.WriteLine(failures == 0 ? "all good" : $"{failures} checks failed");
return failures == 0 ? 0 : 1;

async Task Exercise(PciDevice device)
{
    var edu = new Edu(device);
    Console.WriteLine(
        $"{device.Name}: edu, identification 0x{edu.Identification:x8}, BAR 0 {(edu.IsMapped ? "mapped" : "not mapped")}");
    Check("identification", (edu.Identification & 0xFFFF) == 0x00ED);
    Check("liveness", edu.IsAlive(0x12345678) && edu.IsAlive(0) && edu.IsAlive(uint.MaxValue));
    Check("factorial, polled: 10! = 3628800", edu.Factorial(10) == 3628800);
    Check("MSI capability", device.Config.FindCapability(PciCapabilityId.Msi) is not null);

    using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
    using (var msi = device.EnableInterrupts(InterruptKind.Msi))
    {
        Check("MSI raised by the device", edu.RaiseAndWait(0x42, msi[0]) == 0x42);
        var product = await edu.FactorialAsync(12, msi[0], patience.Token);
        Check("factorial, MSI, await: 12! = 479001600", product == 479001600);
        CheckDma(device, edu, msi[0]);
        msi[0].Trigger();
        Check("MSI raised by the driver", msi[0].Wait(TimeSpan.FromSeconds(30)));
        await CheckCancellation(msi[0]);
    }

    using (var intx = device.EnableInterrupts(InterruptKind.Intx))
    {
        Check("INTx", edu.RaiseAndWait(0x1, intx[0]) == 0x1);
        Check("INTx again after unmask", edu.RaiseAndWait(0x2, intx[0]) == 0x2);
    }

    // Interrupts are off for the reset; bus master is set again afterwards.
    if (device.CanReset)
    {
        device.Reset();
    }

    Check($"alive after reset{(device.CanReset ? "" : " (the function has none)")}", edu.IsAlive(0xCAFEF00D));
}

void CheckDma(PciDevice device, Edu edu, InterruptVector interrupt)
{
    var reach = new DmaOptions { AddressBits = EduRegister.AddressBits };
    using var source = device.AllocateDma(EduRegister.BufferSize, reach);
    using var target = device.AllocateDma(EduRegister.BufferSize, reach);
    new Random(1).NextBytes(source.Span);
    edu.CopyIn(source, EduRegister.BufferSize);
    var came = edu.CopyOut(target, EduRegister.BufferSize, interrupt);
    Check(
        $"DMA of {EduRegister.BufferSize} bytes, IOVA 0x{source.Iova:x} to device to 0x{target.Iova:x}, MSI when done",
        came && source.Span.SequenceEqual(target.Span));
    var low = Math.Max(source.Iova, target.Iova) + target.Size <= 1 << EduRegister.AddressBits;
    Check("two buffers, two addresses that the device can reach", low && source.Iova != target.Iova);
}

async Task CheckCancellation(InterruptVector interrupt)
{
    using var cancel = new CancellationTokenSource();
    var wait = interrupt.WaitAsync(cancel.Token).AsTask();
    await cancel.CancelAsync();
    try
    {
        await wait;
        Check("a wait is cancelled", false);
    }
    catch (OperationCanceledException)
    {
        interrupt.Trigger();
        Check("a wait is cancelled, the next one works", interrupt.Wait(TimeSpan.FromSeconds(30)));
    }
}

void Check(string what, bool good)
{
    Console.WriteLine($"  {(good ? "ok  " : "FAIL")} {what}");
    failures += good ? 0 : 1;
}
