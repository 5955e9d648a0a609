using Viaduct.Pci.Hardware;

namespace Viaduct.Pci;

/// <summary>
/// What firmware and host do to a function before a driver sees it: its BARs get addresses, COMMAND lets it decode, and
/// its interrupt pin gets a line. One bridge serves all functions of a host, so that no two BARs overlap.
/// </summary>
public sealed partial class PciHostBridge
{
    // Where a PC has its windows: below the interrupt controllers, and above all memory.
    private const ulong Memory32First = 0xc0000000;
    private const ulong Memory32Last = 0xfebfffff;
    private const ulong Memory64First = 0x3800_0000_0000;
    private const ulong IoFirst = 0xc000;
    private const ulong IoLast = 0xffff;
    private const ulong PageSize = 4096;
    private const uint FirstLine = 16;

    private readonly Lock _lock = new();
    private ulong _memory32 = Memory32First;
    private ulong _memory64 = Memory64First;
    private ulong _io = IoFirst;

    /// <summary>Assigns addresses and enables decoding, as firmware leaves a function: COMMAND is IO, MEMORY and
    /// SERR. Memory BARs begin on a page of their own, so that each can be mapped.</summary>
    /// <param name="function">A function after power on.</param>
    /// <param name="address">Where it is.</param>
    /// <returns>What it got.</returns>
    /// <exception cref="InvalidOperationException">A window is full.</exception>
    public PciResources Configure(PciFunction function, PciAddress address)
    {
        var starts = new ulong[PCI_STD_NUM_BARS];
        var virtualStarts = new ulong[PCI_STD_NUM_BARS];
        var romStart = 0UL;
        lock (_lock)
        {
            foreach (var bar in function.Bars)
            {
                if (bar is not null)
                {
                    starts[bar.Index] = Allocate(bar);
                }
            }

            if (function.Rom is { } rom)
            {
                var size = Math.Max((ulong)rom.Size, PageSize);
                romStart = Take(ref _memory32, size, size, Memory32Last);
            }

            foreach (var bar in function.Sriov?.Bars ?? [])
            {
                if (bar is not null)
                {
                    virtualStarts[bar.Index] = Allocate(bar, (uint)function.Sriov!.TotalVfs);
                }
            }
        }

        // INTA to INTD of a device, rotated by its number, as bridges route them (PCI 3.0, 2.2.6).
        var pin = function.Identity.InterruptPin;
        var line = pin == 0 ? 0 : FirstLine + (((uint)address.Device + pin - 1) & 3);
        foreach (var bar in function.Bars)
        {
            if (bar is null)
            {
                continue;
            }

            var at = PCI_BASE_ADDRESS_0 + (4 * bar.Index);
            function.WriteConfig(at, 4, (uint)starts[bar.Index]);
            if (bar.Kind.HasFlag(PciBarKind.Memory64))
            {
                function.WriteConfig(at + 4, 4, (uint)(starts[bar.Index] >> 32));
            }
        }

        function.Sriov?.SetAddresses(virtualStarts);
        function.WriteConfig(PCI_ROM_ADDRESS, 4, (uint)romStart);
        function.WriteConfig(PCI_INTERRUPT_LINE, 1, line);
        function.WriteConfig(PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_SERR);
        return new PciResources(starts, romStart, line) { VirtualStarts = virtualStarts };
    }

    // Room for so many BARs of that size, one behind the other.
    private ulong Allocate(PciBar bar, uint count = 1)
    {
        if (bar.Kind.HasFlag(PciBarKind.Io))
        {
            return Take(ref _io, bar.Size * count, bar.Size, IoLast);
        }

        var size = Math.Max(bar.Size, PageSize);
        return bar.Kind.HasFlag(PciBarKind.Memory64)
            ? Take(ref _memory64, size * count, size, ulong.MaxValue)
            : Take(ref _memory32, size * count, size, Memory32Last);
    }

    private static ulong Take(ref ulong next, ulong size, ulong alignment, ulong last)
    {
        var start = (next + (alignment - 1)) & ~(alignment - 1);
        if (start < next || start + (size - 1) < start || start + (size - 1) > last)
        {
            throw new InvalidOperationException($"No room for a BAR of {size} bytes.");
        }

        next = start + size;
        return start;
    }
}
