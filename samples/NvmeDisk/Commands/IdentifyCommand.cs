using System.CommandLine;
using System.Globalization;
using NvmeDisk.Nvme;
using Spectre.Console;

namespace NvmeDisk.Commands;

/// <summary><c>identify</c>: what the controller is and what it has.</summary>
internal static class IdentifyCommand
{
    internal static Command Create(DeviceOptions device)
    {
        var command = new Command("identify", "Shows the controller and its namespaces.");
        command.SetWork(result =>
        {
            using var disk = device.Open(result, ushort.MaxValue);
            Screen.Out.Write(Describe(disk));
            Screen.Out.Write(Describe(disk.Controller));
            disk.Controller.ShutDown();
            return ExitCode.Success;
        });
        return command;
    }

    private static Table Describe(Disk disk)
    {
        var controller = disk.Controller;
        var identity = controller.Identity;
        var capabilities = controller.Capabilities;
        var config = disk.Device.Config;
        var table = Screen.Table("controller", disk.Device.Name);
        Row("PCI", $"{config.VendorId:x4}:{config.DeviceId:x4} revision {config.RevisionId:x2}");
        Row("model", identity.Model);
        Row("serial number", identity.SerialNumber);
        Row("firmware", identity.Firmware);
        Row("NVMe version", $"{controller.Version >> 16}.{controller.Version >> 8 & 0xFF}.{controller.Version & 0xFF}");
        Row("largest transfer (MDTS)", identity.MaxTransferShift == 0
            ? "no limit"
            : Screen.Bytes((ulong)controller.PageSize << Math.Min((int)identity.MaxTransferShift, 40)));
        Row("I/O queues", $"{controller.QueueCount}, of {capabilities.MaxQueueEntries} entries each at most");
        Row("doorbell stride", $"{capabilities.DoorbellStride} bytes");
        Row("start and stop (CAP.TO)", $"{capabilities.Timeout.TotalSeconds} s at most");
        Row("volatile write cache", identity.HasVolatileCache ? "yes: flush" : "no");
        Row("optional commands (ONCS)", Optional(identity.OptionalCommands));
        Row("registers", controller.IsMapped ? "mapped" : "not mapped");
        return table;

        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
    }

    private static Table Describe(NvmeController controller)
    {
        var table = Screen.Table("namespace", "blocks", "block size", "capacity", "in use", "metadata");
        foreach (var number in controller.GetNamespaceNumbers())
        {
            var space = controller.GetNamespace(number);
            table.AddRow(
                number.ToString(CultureInfo.InvariantCulture),
                $"{space.Blocks}",
                Screen.Bytes((ulong)space.BlockSize),
                Screen.Bytes(space.Blocks << space.BlockShift),
                Screen.Bytes(space.UsedBlocks << space.BlockShift),
                space.MetadataSize == 0 ? "none" : $"{space.MetadataSize} bytes");
        }

        return table;
    }

    private static string Optional(ushort bits)
    {
        string[] names =
        [
            "Compare", "Write Uncorrectable", "Dataset Management", "Write Zeroes", "Save and Select", "Reservations", "Timestamp",
            "Verify", "Copy",
        ];
        var has = names.Where((_, bit) => (bits >> bit & 1) != 0).ToArray();
        return has.Length == 0 ? "none" : string.Join(", ", has);
    }
}
