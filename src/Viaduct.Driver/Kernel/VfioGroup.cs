using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>An open IOMMU group of a container; the kernel allows one open a group. The container's lock guards
/// it.</summary>
/// <param name="number">The group's number.</param>
/// <param name="file">/dev/vfio/N.</param>
internal sealed class VfioGroup(int number, FileDescriptorHandle file)
{
    internal int Number => number;

    internal FileDescriptorHandle File => file;

    /// <summary>How many of its devices this process has open.</summary>
    internal int Users { get; set; }
}
