using Viaduct.Abi;
using Viaduct.Iommu;

namespace Viaduct.Vfio.Sysfs;

/// <summary>An IOMMU group's directory, /sys/kernel/iommu_groups/N (drivers/iommu/iommu.c). Its devices' buses add the links in
/// it.</summary>
public static class IommuGroupSysfs
{
    // What the host's own drivers may get: iommu_group_store_type.
    private static readonly string[] s_types = ["identity", "DMA", "DMA-FQ", "auto"];

    /// <summary>The directory's path.</summary>
    public static string PathOf(IommuGroup group) => $"/sys/kernel/iommu_groups/{group.Id}";

    /// <summary>Adds the directory with its attributes.</summary>
    public static void Describe(SysfsTree tree, IommuGroup group)
    {
        var path = PathOf(group);
        tree.AddDirectory($"{path}/devices");
        tree.Add($"{path}/type", SysfsAttribute.Writable(() => group.DefaultDomain, write => ValueTask.FromResult(StoreType(group, write))));
        var regions = string.Join('\n', group.Unit.ReservedRegions.Select(r => $"0x{r.First:x16} 0x{r.Last:x16} {r.Type}"));
        tree.Add($"{path}/reserved_regions", regions.Length == 0 ? SysfsAttribute.Empty() : SysfsAttribute.Text(regions));
        if (group.Name is { } name)
        {
            tree.Add($"{path}/name", SysfsAttribute.Text(name));
        }
    }

    private static SysResult StoreType(IommuGroup group, SysfsWrite write)
    {
        if (group.IsNoIommu || Array.Find(s_types, type => KernelText.IsSame(write.Text, type)) is not { } type)
        {
            return Errno.EINVAL;
        }

        if (group.TableGroup is not null)
        {
            // The kernel's only domain there is the platform's.
            return type == "auto" ? SysResult.Success : Errno.EINVAL;
        }

        group.DefaultDomain = type == "auto" ? "DMA" : type;
        return SysResult.Success;
    }
}
