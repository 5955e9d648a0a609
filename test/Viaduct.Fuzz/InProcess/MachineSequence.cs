using System.Buffers.Binary;
using System.Text;
using Viaduct.Abi;
using Viaduct.Cli.Machine;
using Viaduct.Supervisor;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Fuzz.InProcess;

/// <summary>
/// Random writes to sysfs between random opens, calls and closes: drivers and virtual functions come and go while clients have devices
/// open. Once all is closed, whoever waited for that has been answered, and nothing is left.
/// </summary>
internal static class MachineSequence
{
    private const int Length = 200;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    private static readonly string[] s_texts =
        ["", "\n", "0", "1", "1\n", "2", "3", "9", "Y", "N", "off", "vfio-pci", "vfio-pci\n", "serial", "default", "bus", "flr bus", "8086 2021", "identity", "add"];

    private static readonly uint[] s_commands =
    [
        VfioIoctl.VFIO_GROUP_SET_CONTAINER, VfioIoctl.VFIO_SET_IOMMU, VfioIoctl.VFIO_GROUP_GET_STATUS, VfioIoctl.VFIO_DEVICE_RESET,
        VfioIoctl.VFIO_DEVICE_FEATURE, VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD, VfioIoctl.VFIO_DEVICE_PCI_HOT_RESET,
        VfioIoctl.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, VfioIoctl.VFIO_DEVICE_SET_IRQS, VfioIoctl.VFIO_GROUP_UNSET_CONTAINER,
        .. Enumerable.Range(0x3b80, 0x16).Select(c => (uint)c),
    ];

    /// <summary>Runs one.</summary>
    /// <returns>Calls made.</returns>
    public static int Run(FuzzRandom random)
    {
        var failures = new List<string>();
        var options = new MachineOptions { EnableSriov = true, Iommu = new IommuSpec(random.OneIn(4) ? IommuKind.None : IommuKind.Type1), DirtyTracking = random.OneIn(2) };
        var machine = new MachineBuilder(new RunStatistics(), failures.Add, options);
        var specs = new[] { "edu", "ioat,vfs=3", "edu,addr=0000:03:00.0", "edu,addr=0000:03:00.1,driver=serial" };
        if (!machine.TryAdd([.. specs.Select(CoreSequence.Parse)], out var error))
        {
            throw new FuzzFailure(error ?? "no machine");
        }

        var writes = new List<Task<SysResult>>();
        using var caller = new FuzzCaller(random.OneIn(2));
        for (var i = 0; i < Length; i++)
        {
            Step(machine, caller, writes, random);
        }

        while (caller.Files.Count > 0)
        {
            CoreSequence.Release(caller, random);
        }

        if (!Task.WhenAll(writes).Wait(s_longestWait))
        {
            throw new FuzzFailure($"{writes.Count(w => !w.IsCompleted)} writes to sysfs still wait, and nothing is open.");
        }

        if (failures.Count > 0 || CoreSequence.StillHeld(caller) != 0)
        {
            throw new FuzzFailure($"{CoreSequence.StillHeld(caller)} pages stay locked. {string.Join('\n', failures)}");
        }

        return Length;
    }

    private static void Step(MachineBuilder machine, FuzzCaller caller, List<Task<SysResult>> writes, FuzzRandom random)
    {
        switch (random.Below(8))
        {
            case < 3:
                Write(machine, writes, random);
                break;
            case 3:
                OpenGroup(machine, caller, random);
                break;
            case 4:
                OpenNode(machine, caller, random);
                break;
            case 5 when caller.Files.Count > 0:
                CoreSequence.Release(caller, random);
                break;
            default:
                if (caller.Files.Count > 0)
                {
                    Call(caller, random);
                }

                break;
        }
    }

    private static void Write(MachineBuilder machine, List<Task<SysResult>> writes, FuzzRandom random)
    {
        var found = new List<SysfsAttribute>();
        var names = new List<string>();
        Collect(machine.System.DescribeSysfs().Root, found, names);
        var text = random.OneIn(3) && names.Count > 0 ? random.Pick(names) : random.Pick(s_texts);
        writes.Add(random.Pick(found).Store!(new SysfsWrite(Encoding.ASCII.GetBytes(text), (ulong)random.Below(64))).AsTask());
    }

    private static void Collect(SysfsDirectory directory, List<SysfsAttribute> found, List<string> names)
    {
        foreach (var (name, node) in directory.Children)
        {
            switch (node)
            {
                case SysfsDirectory below:
                    Collect(below, found, names);
                    break;
                case SysfsAttribute { Store: not null } attribute:
                    found.Add(attribute);
                    break;
                case SysfsLink when name.StartsWith("0000:", StringComparison.Ordinal):
                    names.Add(name);
                    break;
            }
        }
    }

    private static void OpenGroup(MachineBuilder machine, FuzzCaller caller, FuzzRandom random)
    {
        Viaduct.Vfio.Groups.VfioGroup[] groups;
        string? name = null;
        lock (machine.System.Gate)
        {
            groups = [.. machine.System.Groups];
        }

        if (groups.Length == 0)
        {
            return;
        }

        var group = random.Pick(groups);
        lock (machine.System.Gate)
        {
            name = group.Devices.Count > 0 ? group.Devices[0].Name : "0000:01:00.0";
        }

        if (group.Open(out var file).IsError)
        {
            return;
        }

        caller.Files.Add(file!);
        caller.Files.Add(random.OneIn(3) ? Viaduct.Vfio.VfioSystem.OpenIommufd() : machine.System.OpenContainer());
        var address = caller.Buffers[0].Address;
        BinaryPrimitives.WriteInt32LittleEndian(caller.Buffers[0].Span, caller.Files.Count - 1);
        _ = file!.Ioctl(caller, VfioIoctl.VFIO_GROUP_SET_CONTAINER, address);
        _ = caller.Files[^1].Ioctl(caller, VfioIoctl.VFIO_SET_IOMMU, random.OneIn(4) ? 8UL : 3);
        Encoding.ASCII.GetBytes(name + "\0", caller.Buffers[0].Span);
        _ = file.Ioctl(caller, VfioIoctl.VFIO_GROUP_GET_DEVICE_FD, address);
    }

    private static void OpenNode(MachineBuilder machine, FuzzCaller caller, FuzzRandom random)
    {
        Viaduct.Vfio.Devices.VfioDevice[] devices;
        lock (machine.System.Gate)
        {
            devices = [.. machine.System.Groups.SelectMany(group => group.Devices)];
        }

        if (devices.Length == 0 || machine.System.OpenDevice(random.Pick(devices), out var file).IsError)
        {
            return;
        }

        caller.Files.Add(file!);
        caller.Files.Add(Viaduct.Vfio.VfioSystem.OpenIommufd());
        var words = caller.Buffers[0].Span;
        words[..32].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(words, 24);
        BinaryPrimitives.WriteInt32LittleEndian(words[8..], caller.Files.Count - 1);
        _ = file!.Ioctl(caller, VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD, caller.Buffers[0].Address);
    }

    private static void Call(FuzzCaller caller, FuzzRandom random)
    {
        var file = random.Pick(caller.Files);
        var address = caller.Buffers[0].Address;
        if (random.OneIn(4))
        {
            _ = file.Write(caller, address, 2, (7UL << 40) + (ulong)random.Below(0x100));
            _ = file.TryLoad((ulong)random.Below(256), 4, out _);
            return;
        }

        random.Fill(caller.Buffers[0].Span[..64]);
        ReadOnlySpan<uint> words = random.OneIn(2)
            ? [40, (uint)random.Below(64), (uint)random.Below(6), 0, 1, FuzzCaller.EventDescriptor]
            : [(uint)random.Below(80), (uint)random.Below(4), (uint)random.Below(6), (uint)random.Below(6), 0, 0];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(caller.Buffers[0].Span[(4 * i)..], words[i]);
        }

        _ = file.Ioctl(caller, random.Pick(s_commands), random.OneIn(8) ? random.Any() : address);
    }
}
