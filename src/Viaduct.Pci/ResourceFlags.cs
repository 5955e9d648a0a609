using Viaduct.Pci.Hardware;

namespace Viaduct.Pci;

/// <summary>struct resource's flags, linux/ioport.h, as sysfs shows them; the low bits are the BAR's.</summary>
internal static class ResourceFlags
{
    /// <summary>An expansion ROM's.</summary>
    public const ulong Rom = Memory | Prefetch | ReadOnly | SizeAlign;

    private const uint Io = 0x100;
    private const uint Memory = 0x200;
    private const uint Prefetch = 0x2000;
    private const uint ReadOnly = 0x4000;
    private const uint SizeAlign = 0x40000;
    private const uint Memory64 = 0x100000;

    /// <summary>A BAR's; zero of none.</summary>
    public static ulong Of(PciBar? bar)
    {
        if (bar is not { Kind: var kind })
        {
            return 0;
        }

        var flags = (uint)kind | SizeAlign;
        if (kind.HasFlag(PciBarKind.Io))
        {
            return flags | Io;
        }

        flags |= Memory;
        flags |= kind.HasFlag(PciBarKind.Memory64) ? Memory64 : 0;
        return flags | (kind.HasFlag(PciBarKind.Prefetchable) ? Prefetch : 0);
    }
}
