using System.Buffers.Binary;
using Viaduct.Abi;
using Viaduct.Cli.Machine;
using Viaduct.Supervisor;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Files;

namespace Viaduct.Fuzz.InProcess;

/// <summary>
/// Random calls on containers, groups and devices without a process around: the same core that the supervisor serves, thousands
/// of times faster. Whatever it was, when all is released nothing may be left.
/// </summary>
internal static class CoreSequence
{
    private const int Length = 300;
    private const ulong IoatChainRegisters = 0x80;

    private static readonly uint[] s_commands =
        [.. Enumerable.Range(0x3b64, 0x12).Select(c => (uint)c), 0x3b71, 0x3b71, 0x3b72, 0x3b72, 0x3b6e, 0x3b6e, 0x3b75];

    // Of a POWER machine's container.
    private static readonly uint[] s_spaprCommands =
    [
        VfioIoctl.VFIO_IOMMU_MAP_DMA, VfioIoctl.VFIO_IOMMU_MAP_DMA, VfioIoctl.VFIO_IOMMU_MAP_DMA, VfioIoctl.VFIO_IOMMU_UNMAP_DMA,
        VfioIoctl.VFIO_IOMMU_SPAPR_REGISTER_MEMORY, VfioIoctl.VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE,
        VfioIoctl.VFIO_IOMMU_SPAPR_TCE_REMOVE, VfioIoctl.VFIO_IOMMU_SPAPR_TCE_GET_INFO, VfioIoctl.VFIO_EEH_PE_OP, VfioIoctl.VFIO_IOMMU_ENABLE,
        VfioIoctl.VFIO_IOMMU_DISABLE, VfioIoctl.VFIO_GROUP_SET_CONTAINER, VfioIoctl.VFIO_GROUP_UNSET_CONTAINER, VfioIoctl.VFIO_SET_IOMMU,
    ];

    /// <summary>Runs one.</summary>
    /// <returns>Calls made.</returns>
    public static int Run(FuzzRandom random)
    {
        var failures = new List<string>();
        var isSpapr = random.OneIn(3);
        var iommu = isSpapr
            ? new IommuSpec(IommuKind.Spapr) { IsPowerNv = random.OneIn(2), HasDynamicWindows = !random.OneIn(8) }
            : new IommuSpec(IommuKind.Type1);
        var machine = new MachineBuilder(new RunStatistics(), failures.Add, new MachineOptions { Iommu = iommu });
        var specs = new[] { "edu", "ioat", "ioat,group=9" }.Select(Parse).ToArray();
        if (!machine.TryAdd(specs, out var error))
        {
            throw new FuzzFailure(error ?? "no machine");
        }

        using var caller = new FuzzCaller(random.OneIn(2));
        var names = machine.Devices.Select(d => d.Device.Name).ToArray();
        SetUp(machine, caller, names, random);
        for (var i = 0; i < Length; i++)
        {
            Call(machine, caller, names, random);
        }

        while (caller.Files.Count > 0)
        {
            Release(caller, random);
        }

        // A window that is refused late stays counted on POWER, and so does what is unregistered while it is mapped; no window stays.
        var held = isSpapr ? machine.Devices.Any(d => d.Device.Group.TableGroup!.Tables.Any(table => table is not null)) : StillHeld(caller) != 0;
        if (failures.Count > 0 || held)
        {
            throw new FuzzFailure($"{StillHeld(caller)} pages stay locked. {string.Join('\n', failures)}");
        }

        return Length;
    }

    internal static ulong StillHeld(FuzzCaller caller)
        => caller.Memory.Locked.Pages + caller.Memory.Locked.PinnedPages + caller.UserLocked.Pages;

    internal static DeviceSpec Parse(string text)
        => DeviceSpec.TryParse(text, out var spec, out var error) ? spec : throw new FuzzFailure(error!);

    private static void SetUp(MachineBuilder machine, FuzzCaller caller, string[] names, FuzzRandom random)
    {
        caller.Files.Add(machine.System.OpenContainer());
        foreach (var (group, name) in machine.System.Groups.Zip(names))
        {
            if (group.Open(out var file).IsError)
            {
                continue;
            }

            caller.Files.Add(file!);
            Words(caller, 0);
            _ = file!.Ioctl(caller, VfioIoctl.VFIO_GROUP_SET_CONTAINER, caller.Buffers[0].Address);
            var isSpapr = machine.System.HasIommufd is false;
            _ = caller.Files[0].Ioctl(
                caller, VfioIoctl.VFIO_SET_IOMMU, isSpapr ? (random.OneIn(3) ? 2UL : 7) : random.OneIn(2) ? 1UL : 3);
            System.Text.Encoding.ASCII.GetBytes(name + "\0", caller.Buffers[0].Span);
            var got = file.Ioctl(caller, VfioIoctl.VFIO_GROUP_GET_DEVICE_FD, caller.Buffers[0].Address);
            if (!got.IsError)
            {
                Words(caller, 7);
                _ = caller.Files[(int)got.Raw].Write(caller, caller.Buffers[0].Address, 2, (7UL << 40) + 4);
            }
        }
    }

    private static void Words(FuzzCaller caller, uint word)
        => BinaryPrimitives.WriteUInt32LittleEndian(caller.Buffers[0].Span, word);

    private static void Call(MachineBuilder machine, FuzzCaller caller, string[] names, FuzzRandom random)
    {
        if (caller.Files.Count == 0 || random.OneIn(40))
        {
            SetUp(machine, caller, names, random);
        }

        if (caller.Files.Count == 0)
        {
            return;
        }

        var file = random.Pick(caller.Files);
        Argument(caller, names, random);
        var address = random.OneIn(8) ? random.Any() : caller.Buffers[random.OneIn(10) ? 1 : 0].Address;
        var position = random.OneIn(4) ? random.Any() : ((ulong)random.Below(9) << 40) + (ulong)random.Below(300);
        var count = random.OneIn(4) ? random.Any() : (ulong)random.Below(20);
        switch (random.Below(10))
        {
            case < 5:
                Ioctl(machine, caller, file, address, random);
                break;
            case 5:
                _ = file.Read(caller, address, count, position);
                break;
            case 6:
                _ = file.Write(caller, address, count, position);
                break;
            case 7:
                _ = file.Mmap(new MmapRequest(position & ~4095UL, count & ~4095UL, random.OneIn(2)));
                _ = file.TryLoad(position, 1 << random.Below(4), out _);
                _ = file.TryStore(position, 1 << random.Below(4), random.Any());
                break;
            case 8:
                Chain(file, caller, random);
                break;
            default:
                if (random.OneIn(6))
                {
                    Release(caller, random);
                }

                break;
        }
    }

    private static void Ioctl(MachineBuilder machine, FuzzCaller caller, VfioFile file, ulong address, FuzzRandom random)
    {
        if (machine.System.HasIommufd || random.OneIn(3))
        {
            _ = file.Ioctl(caller, random.OneIn(20) ? (uint)random.Any() : random.Pick(s_commands), address);
            return;
        }

        var command = random.Pick(s_spaprCommands);
        SpaprArgument(caller, command, random);
        _ = file.Ioctl(caller, command, command == VfioIoctl.VFIO_SET_IOMMU ? (random.OneIn(3) ? 2UL : 7) : address);
    }

    // Fields that can be right: argsz, flags, then the client's address, the bus address or the window's shape, and bytes.
    private static void SpaprArgument(FuzzCaller caller, uint command, FuzzRandom random)
    {
        var bytes = caller.Buffers[0].Span;
        var buffer = caller.Buffers[random.OneIn(4) ? 1 : 2];
        var start = random.OneIn(2) ? 1UL << 59 : 0;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 40);
        BinaryPrimitives.WriteUInt32LittleEndian(
            bytes[4..], command == VfioIoctl.VFIO_IOMMU_MAP_DMA ? (uint)random.Below(4) : 0);
        ulong[] words = command switch
        {
            VfioIoctl.VFIO_IOMMU_MAP_DMA =>
                [buffer.Address + ((ulong)random.Below(64) << 12), start + ((ulong)random.Below(80) << 12), (ulong)random.Below(16) << 12],
            VfioIoctl.VFIO_IOMMU_UNMAP_DMA => [start + ((ulong)random.Below(80) << 12), (ulong)random.Below(100) << random.Below(40)],
            VfioIoctl.VFIO_IOMMU_SPAPR_TCE_CREATE =>
                [random.OneIn(3) ? 16UL : 12, 1UL << random.Below(64), (ulong)random.Below(6)],
            VfioIoctl.VFIO_IOMMU_SPAPR_TCE_REMOVE => [start],
            VfioIoctl.VFIO_EEH_PE_OP => [(uint)random.Below(11) | (random.OneIn(2) ? 1UL << 32 : 0), (ulong)random.Below(21), random.Any(), random.Any()],
            _ => [buffer.Address, (ulong)(random.OneIn(3) ? random.Below(70) << 12 : buffer.Span.Length)],
        };
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[(8 + (8 * i))..], words[i]);
        }
    }

    // A struct of the uAPI, in so far as its size, flags and addresses can be right.
    private static void Argument(FuzzCaller caller, string[] names, FuzzRandom random)
    {
        var bytes = caller.Buffers[0].Span;
        random.Fill(bytes[..128]);
        if (random.OneIn(8))
        {
            System.Text.Encoding.ASCII.GetBytes(random.Pick(names) + "\0", bytes);
            return;
        }

        for (var at = 8; at < 64; at += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], random.Below(4) switch
            {
                0 => random.Any(),
                1 => (ulong)random.Below(16) << 12,
                2 => (ulong)random.Below(16) << 20,
                _ => random.Pick(caller.Buffers).Address,
            });
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes, random.OneIn(6) ? (uint)random.Any() : 32 + (uint)random.Below(40));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], random.OneIn(6) ? (uint)random.Any() : (uint)random.Below(8));
        if (random.OneIn(3))
        {
            // SET_IRQS: eventfds
            ReadOnlySpan<uint> words = [40, 36, (uint)random.Below(6), (uint)random.Below(3), 1, FuzzCaller.EventDescriptor];
            for (var i = 0; i < words.Length; i++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[(4 * i)..], words[i]);
            }
        }
    }

    // Garbage as descriptors, and the registers that set an engine to work on them.
    private static void Chain(VfioFile file, FuzzCaller caller, FuzzRandom random)
    {
        if (file is not DeviceFile)
        {
            return;
        }

        random.Fill(caller.Buffers[2].Span[..1024]);
        for (var i = random.Below(6); i >= 0; i--)
        {
            _ = file.TryStore(IoatChainRegisters + (ulong)random.Below(0x40), 1 << random.Below(4), random.Any());
        }

        _ = file.TryStore(0x90, 8, (ulong)random.Below(16) << 12);
        _ = file.TryStore(0x86, 2, (ulong)random.Below(20));
    }

    internal static void Release(FuzzCaller caller, FuzzRandom random)
    {
        var index = random.Below(caller.Files.Count);
        var file = caller.Files[index];
        caller.Files.RemoveAt(index);
        file.Release();
    }
}
