using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Viaduct.Abi;
using Viaduct.Devices.Catalog;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Replica;

/// <content>Virtual functions: a dump of one of them, and what the physical function's capability says of their BARs.</content>
public static partial class ReplicaFaceReader
{
    /// <summary>The key of a virtual function's dump.</summary>
    public const string VirtualConfigKey = "vf_config";

    /// <summary>The key of the bits of it that software can write.</summary>
    public const string VirtualWritableKey = "vf_writable";

    private const int MostExtendedCapabilities = 480;
    private const ulong LeastVirtualBar = 4096;

    /// <summary>Where a function's SR-IOV capability is; zero where it has none.</summary>
    internal static int FindSriov(ReadOnlySpan<byte> config)
    {
        var at = PCI_CFG_SPACE_SIZE;
        for (var left = MostExtendedCapabilities; at >= PCI_CFG_SPACE_SIZE && at + SriovCapability.Length <= config.Length && left > 0; left--)
        {
            var header = BinaryPrimitives.ReadUInt32LittleEndian(config[at..]);
            if ((header & 0xffff) == PCI_EXT_CAP_ID_SRIOV)
            {
                return at;
            }

            at = (int)(header >> 20) & ~3;
        }

        return 0;
    }

    private static bool TryReadVirtual(
        DeviceOptions options, ReplicaFace physical, [NotNullWhen(true)] out ReplicaFace? face, [NotNullWhen(false)] out string? error)
    {
        face = physical;
        error = null;
        if (!options.Values.ContainsKey(VirtualConfigKey))
        {
            error = options.Values.ContainsKey(VirtualWritableKey) ? $"{VirtualWritableKey} needs {VirtualConfigKey}=FILE." : null;
            return error is null;
        }

        face = null;
        if (!TryReadOptional(options, VirtualConfigKey, LongestFile, out var file, out error))
        {
            return false;
        }

        if (!ConfigDump.TryParse(file, out var dump, out error))
        {
            error = $"{VirtualConfigKey}={options.Values[VirtualConfigKey]}: {error}";
            return false;
        }

        var sriov = FindSriov(physical.Config);
        if (sriov == 0)
        {
            error = $"{VirtualConfigKey}: the dump of {ConfigKey} has no SR-IOV capability, so there are no virtual functions to make. Take the dump as "
                + "root, with 'lspci -xxxx', of the physical function.";
            return false;
        }

        return TryReadWritable(options, VirtualWritableKey, dump.Config.Length, out var writable, out error)
            && TryReadVirtualSizes(options, physical, sriov, out var sizes, out error)
            && TryCheck(face = CreateVirtual(physical, dump.Config, sriov, sizes, writable), out error)
            ? (face = physical with { Virtual = face, VirtualSizes = sizes }) is not null
            : (face = null) is not null;
    }

    private static ReplicaFace CreateVirtual(ReplicaFace physical, byte[] config, int sriov, ulong[] sizes, byte[]? writable)
    {
        var device = BinaryPrimitives.ReadUInt16LittleEndian(physical.Config.AsSpan(sriov + PciSriov.PCI_SRIOV_VF_DID));
        return new ReplicaFace(config)
        {
            BarSizes = sizes,
            Writable = writable,
            VirtualIds = (BinaryPrimitives.ReadUInt16LittleEndian(physical.Config), device),
            VirtualKinds = [.. Enumerable.Range(0, BarCount).Select(i => physical.KindAt(sriov + PciSriov.PCI_SRIOV_BAR + (4 * i)))],
        };
    }

    /// <summary>Lines 8 to 13 of resource= are what all virtual functions share.</summary>
    private static bool TryReadVirtualSizes(
        DeviceOptions options, ReplicaFace physical, int sriov, out ulong[] sizes, [NotNullWhen(false)] out string? error)
    {
        sizes = new ulong[BarCount];
        if (!TryReadOptional(options, ResourceKey, LongestFile, out var file, out error))
        {
            return false;
        }

        if (file is null)
        {
            error = $"{VirtualConfigKey} needs {ResourceKey}=FILE, a copy of sysfs' resource of the physical function: its lines 8 to 13 tell "
                + "how large the virtual functions' BARs are.";
            return false;
        }

        if (!ResourceTable.TryParse(file, out var table, out error))
        {
            return false;
        }

        var total = BinaryPrimitives.ReadUInt16LittleEndian(physical.Config.AsSpan(sriov + PciSriov.PCI_SRIOV_TOTAL_VF));
        for (var i = 0; i < BarCount; i++)
        {
            sizes[i] = total == 0 ? 0 : table.VirtualSizes[i] / total;
            if (sizes[i] != 0 && (!BitOperations.IsPow2(sizes[i]) || sizes[i] < LeastVirtualBar))
            {
                error = $"line {i + 8} of {ResourceKey}={options.Values[ResourceKey]} is not {total} times a power of two of 4096 bytes at least, as the "
                    + "BARs of virtual functions are: take it of the same card as the dump.";
                return false;
            }
        }

        return true;
    }
}
