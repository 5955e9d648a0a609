using Viaduct.Driver;

namespace Viaduct.Peers;

/// <summary>libvfio-user's samples/gpio-pci-idio-16.c: pins in BAR2. An input pin is set while the number of writes to its output pin is a
/// multiple of three.</summary>
internal static class GpioPeer
{
    private const int BarIndex = 2;
    private const ulong Output = 0;
    private const ulong Input = 1;

    internal static void Run(string socket, Findings findings)
    {
        for (var connection = 1; connection <= 2; connection++)
        {
            using var device = VfioUserDevice.Open(socket);
            findings.Expect(
                $"connection {connection}: 494f:0dc8 in configuration space", device.Config is { VendorId: 0x494f, DeviceId: 0x0dc8 });
            var bar = device.MapBar(BarIndex);
            findings.Expect("BAR2 has 256 bytes, by messages", bar is { Size: 0x100, IsMapped: false });
            findings.Expect("no other BAR", device.Backend.GetRegion(0).Size == 0);

            // Thrice leaves the pin as it was found.
            var before = bar.Read8(Input);
            bar.Write8(Output, 1);
            var after = bar.Read8(Input);
            bar.Write8(Output, 1);
            bar.Write8(Output, 1);
            findings.Expect("writes of one byte arrive", before == 0xff && after == 0xfe && bar.Read8(Input) == 0xff);
            using var buffer = device.AllocateDma(1 << 20);
            findings.Expect("it takes memory", buffer.Size == 1 << 20);
            using (var interrupts = device.EnableInterrupts(InterruptKind.Intx))
            {
                interrupts[0].Trigger();
                findings.Expect("an interrupt that the driver triggers comes back", interrupts[0].Wait(TimeSpan.FromSeconds(10)));
            }

            findings.Expect("no MSI", device.GetInterruptCount(InterruptKind.Msi) == 0);
        }
    }
}
