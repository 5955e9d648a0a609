using System.Globalization;
using Spectre.Console;
using Viaduct.Abi;
using Viaduct.Cli.Machine;
using Viaduct.Iommu;
using Viaduct.Pci.Drivers;
using Viaduct.Supervisor;

namespace Viaduct.Cli.Output;

/// <summary>What <c>run</c> says on stderr before and after the program.</summary>
internal static class RunReport
{
    private const int BannerLines = 3;
    private const int MinimumWidth = 72;

    /// <summary>Three lines at most: a line a device, or how many more there are.</summary>
    public static void WriteBanner(IReadOnlyList<PlacedDevice> devices)
    {
        var shown = devices.Count <= BannerLines ? devices.Count : BannerLines - 1;
        for (var i = 0; i < shown; i++)
        {
            var (spec, device) = devices[i];
            var (vendor, id) = (device.Function.Identity.VendorId, device.Function.Identity.DeviceId);
            var name = device.Group.IsNoIommu ? $"noiommu-{device.Group.Id}" : $"{device.Group.Id}";
            var place = spec.Driver == VfioPciDriver.OwnName ? $"/dev/vfio/{name}" : $"group {device.Group.Id}";
            Console.Error.WriteLine(
                $"viaduct: {device.Name}  {spec.Model.Name} ({vendor:x4}:{id:x4})  {place}  {spec.Driver ?? "no driver"}");
        }

        if (shown < devices.Count)
        {
            Console.Error.WriteLine($"viaduct: and {devices.Count - shown} more, to {devices[^1].Device.Name}");
        }
    }

    /// <summary>The table at the end, and what to know for a real host.</summary>
    /// <param name="statistics">What happened.</param>
    /// <param name="memlockEnforced">--memlock=enforce.</param>
    /// <param name="address">What devices' addresses are called.</param>
    public static void WriteSummary(RunStatistics statistics, bool memlockEnforced, string address)
    {
        var console = Screen.Error();
        console.Profile.Width = Math.Max(console.Profile.Width, MinimumWidth);
        var table = new Table().Border(TableBorder.Rounded).AddColumn("viaduct: this run")
            .AddColumn(new TableColumn("count").RightAligned()).AddColumn(new TableColumn("failed").RightAligned());
        foreach (var (name, count) in statistics.Calls.OrderByDescending(c => c.Value.Total).ThenBy(c => c.Key, StringComparer.Ordinal))
        {
            table.AddRow(name, Number(count.Total), count.Failed == 0 ? "" : Number(count.Failed));
        }

        if (statistics.Calls.Count == 0)
        {
            table.AddRow("no VFIO call was made", "", "");
        }

        table.AddEmptyRow();
        AddTotals(table, statistics);
        console.Write(table);
        foreach (var note in Notes(statistics, memlockEnforced, address))
        {
            Console.Error.WriteLine($"viaduct: {note}");
        }
    }

    private static void AddTotals(Table table, RunStatistics statistics)
    {
        table.AddRow("MMIO loads trapped", Number(statistics.Loads), "");
        table.AddRow("MMIO stores trapped", Number(statistics.Stores), "");
        table.AddRow("bytes read by devices", Number(statistics.DmaBytesRead), "");
        table.AddRow("bytes written by devices", Number(statistics.DmaBytesWritten), "");
        table.AddRow("DMA faults", Number(statistics.DmaFaults), "");
        table.AddRow("DMA mappings left at the end", Number(statistics.MappingsLeft), "");
        table.AddRow("descriptors left open at the end", Number(statistics.FilesLeftOpen), "");
    }

    private static IEnumerable<string> Notes(RunStatistics statistics, bool memlockEnforced, string address)
    {
        if (statistics.FirstDmaFault is { } fault)
        {
            var access = fault.Access == DmaAccess.Write ? "write to" : "read of";
            yield return $"the first DMA fault was a {access} {address} 0x{fault.Address:x}, which was not mapped for it";
        }

        if (statistics.MemlockNeeded > 0)
        {
            var kibibytes = Number((long)(statistics.MemlockNeeded >> 10));
            yield return memlockEnforced
                ? $"{Errno.ENOMEM}: mappings failed at RLIMIT_MEMLOCK; {kibibytes} KiB would have been needed (ulimit -l)"
                : $"on a real host RLIMIT_MEMLOCK must be at least {kibibytes} KiB for this (ulimit -l, or memlock in "
                    + "/etc/security/limits.conf); --memlock=enforce fails as it would there";
        }

        if (statistics.RawIoNeeded)
        {
            yield return "on a real host the program needs CAP_SYS_RAWIO for a device without an IOMMU, and CAP_SYS_ADMIN to find physical "
                + "addresses; --capabilities=enforce fails as it would there";
        }
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
