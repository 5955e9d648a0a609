using Viaduct.Abi;
using Viaduct.Driver;

namespace Viaduct.Peers;

/// <summary>
/// libvfio-user's samples/server.c: BAR0 takes a time, at which it interrupts and then does DMA: to the second memory that it was
/// given in place, to the first by messages. BAR1 is memory; its first and third page can be mapped.
/// </summary>
internal static class TimerPeer
{
    private const ulong Page = 4096;
    private const ulong SecondArea = 2 * Page;
    private const int Piece = 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    internal static void Run(string socket, Findings findings, bool maps)
    {
        using var device = VfioUserDevice.Open(socket, new VfioUserOptions { MapRegions = maps, AllowTwinSocket = maps });
        findings.Expect("dead:beef in configuration space", device.Config is { VendorId: 0xdead, DeviceId: 0xbeef });
        findings.Expect("subsystem cafe:babe", device.Config.ReadUInt32(0x2c) == 0xbabecafe);
        device.Reset();
        findings.Expect("it resets", device.CanReset);
        Memory(device.MapBar(1), findings, maps);
        Refusal(device, findings);
        device.Config.EnableBusMaster();
        using var first = device.AllocateDma(Page);
        using var second = device.AllocateDma(Page);
        using var interrupts = device.EnableInterrupts(InterruptKind.Intx);
        var timer = device.MapBar(0);
        timer.Write64(0, (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);

        // It says how long ago that is.
        findings.Expect("an access of eight bytes is one", (long)timer.Read64(0) is <= 0 and >= -1);
        findings.Expect("INTx after the time", interrupts[0].Wait(s_patience));

        // No message until it has done: without a second socket it takes the next one for the reply to its own.
        findings.Expect("DMA by messages", HasPattern(first));
        findings.Expect("DMA in place", HasPattern(second));
        interrupts[0].Unmask();
        findings.Expect("it serves on", device.Config.VendorId == 0xdead);
    }

    // Reads by message give what is at BAR1's start whatever their offset is; so they say what a mapped store left there.
    private static void Memory(Bar bar, Findings findings, bool maps)
    {
        findings.Expect("BAR1 has 16 KiB", bar.Size == 4 * Page);
        bar.Write32(0, 0x11223344);
        findings.Expect($"BAR1's first page {(maps ? "mapped" : "by messages")}", bar.Read32(0) == 0x11223344);
        bar.Write32(Page + 4, 0x55667788);
        findings.Expect("its second by messages, the same memory", bar.Read32(Page) == 0x11223344);
        if (maps)
        {
            bar.Write32(SecondArea, 0x99aabbcc);
            findings.Expect("its third mapped", bar.Read32(SecondArea) == 0x99aabbcc && bar.Read32(0) == 0x11223344);
            bar.GetSpan(SecondArea, (int)Page).Fill(7);
            findings.Expect("and as a span", bar.Read8(SecondArea + Page - 1) == 7);
        }
    }

    private static void Refusal(PciDevice device, Findings findings)
    {
        try
        {
            _ = device.MapBar(0).Read32(0);
            findings.Expect("an access of four bytes to BAR0 is refused", isSo: false);
        }
        catch (VfioException e)
        {
            findings.Expect("an access of four bytes to BAR0 is refused", e.Errno == Errno.EINVAL);
        }
    }

    // A to D, a kilobyte each; the last byte comes last.
    private static bool HasPattern(DmaBuffer buffer)
    {
        var end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (buffer.Words.Read8(Page - 1) != (byte)'D' && Environment.TickCount64 < end)
        {
            Thread.Yield();
        }

        for (var i = 0; i < (int)Page; i++)
        {
            if (buffer.Span[i] != 'A' + (i / Piece))
            {
                return false;
            }
        }

        return true;
    }
}
